import { expect, it } from 'vitest';
import { nearNames } from '../../src/model/near-names.js';

const KNOWN = ['playlist_created', 'purchase', 'click', 'session', 'request'];

it.each<[string, string[]]>([
  ['playlistCreated', ['playlist_created']],
  ['playlist.create', ['playlist_created']],
  ['purchsae', ['purchase']],
  ['purchases', ['purchase']],
  ['Click', ['click']],
  ['clcik', ['click']],
  ['sessions', ['session']],
  ['requested_by', []],
  ['purchase', []],
  ['x', []],
  ['', []],
])('%s may be meant as %j', (name, expected) => {
  expect(nearNames(name, KNOWN)).toEqual(expected);
});

it('suggests the nearest first, and at most three', () => {
  expect(nearNames('abcdefgh', ['abcdefgx', 'abcdefxx', 'abcdefg_h', 'xbcdefgh'])).toEqual([
    'abcdefg_h',
    'abcdefgx',
    'xbcdefgh',
  ]);
});
