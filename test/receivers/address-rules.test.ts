import { describe, expect, it } from 'vitest';
import { AddressRules } from '../../src/receivers/address-rules.js';

const PUBLIC = ['8.8.8.8', '1.1.1.1', '172.15.255.255', '172.32.0.0', '100.63.255.255', '100.128.0.0']
  .concat(['169.253.255.255', '192.167.255.255', '198.17.255.255', '198.20.0.0', '223.255.255.255'])
  .concat(['2606:4700:4700::1111', '2a00:1450:4001:82b::200e', '2001:4860:4860::8888']);

const PRIVATE: Record<string, string[]> = {
  unspecified: ['0.0.0.0', '0.1.2.3', '::'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1'],
  'link-local': ['169.254.0.1', '169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  'site-local': ['fec0::1'],
  'of carriers': ['100.64.0.1', '100.127.255.255'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  reserved: ['240.0.0.1', '255.255.255.255', '100::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  assignments: ['192.0.0.1', '198.18.0.1', '198.19.255.255', '192.88.99.1'],
  'IPv4 in IPv6': ['::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:a00:1', '::127.0.0.1', '64:ff9b::7f00:1'],
  tunnels: ['2002:7f00:1::', '2001::1'],
  'no address': ['', 'localhost', '1.2.3', '1.2.3.4.5', '0x7f.1', '2130706433', '[::1]'],
};

describe('public addresses', () => {
  it.each(PUBLIC)('%s is one', (address) => {
    expect(new AddressRules().allows(address)).toBe(true);
  });
});

describe.each(Object.entries(PRIVATE))('%s', (_what, addresses) => {
  it.each(addresses)('%j is none', (address) => {
    expect(new AddressRules().allows(address)).toBe(false);
  });
});

describe('what an installation allows', () => {
  const rules = new AddressRules(['10.1.0.0/16', '192.168.7.7', 'fd00:1::/32', 'Hooks.Internal']);
  it.each<[address: string, allowed: boolean]>([
    ['10.1.2.3', true],
    ['10.2.0.1', false],
    ['192.168.7.7', true],
    ['192.168.7.8', false],
    ['fd00:1::5', true],
    ['fd00:2::5', false],
    ['127.0.0.1', false],
  ])('%s: %s', (address, allowed) => {
    expect(rules.allows(address)).toBe(allowed);
    expect(rules.namesAddress(address)).toBe(allowed);
  });

  it('names hosts in any case, and no part of them', () => {
    expect(
      ['hooks.internal', 'HOOKS.INTERNAL', 'x.hooks.internal', 'internal'].map((host) =>
        rules.namesHost(host),
      ),
    ).toEqual([true, true, false, false]);
  });
});
