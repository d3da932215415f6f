import { expect, it } from 'vitest';
import { ChangeFeed, type ChangeNotice } from '../../src/operations/change-feed.js';
import type { ExperimentVersion } from '../../src/store/experiment-document.js';

/** A feed over a store of one experiment, whose reads wait until they are let go. */
function feedOf(): { feed: ChangeFeed; read: (version: number) => Promise<void> } {
  let go: (versions: ExperimentVersion[]) => void = () => undefined;
  const feed = new ChangeFeed({
    store: {
      experiments: { openVersions: () => new Promise((resolve) => (go = resolve)) },
      audit: { newest: () => Promise.resolve(0), list: () => Promise.resolve([]) },
    } as unknown as ConstructorParameters<typeof ChangeFeed>[0]['store'],
    observe: () => Promise.resolve([]),
    onError: (error) => {
      throw error;
    },
  });
  return {
    feed,
    async read(version) {
      const round = feed.round();
      go([{ _id: 'e', version, served_revision: version, looked_at: null } as unknown as ExperimentVersion]);
      await round;
      await new Promise(setImmediate);
    },
  };
}

const types = (told: readonly ChangeNotice[]): string[] => told.map(({ type }) => type);

it('says reset only once every later change will be told', async () => {
  const { feed, read } = feedOf();
  const first: ChangeNotice[] = [];
  const second: ChangeNotice[] = [];
  const ends = [feed.listen((notice) => first.push(notice))];
  expect(first, 'nothing has been read to compare with').toEqual([]);
  await read(1);
  expect(types(first)).toEqual(['reset']);
  ends.push(feed.listen((notice) => second.push(notice)));
  expect(second, 'what changed since the last read would be missed').toEqual([]);
  await read(2);
  expect(types(first)).toEqual(['reset', 'experiment', 'timeline']);
  expect(types(second).at(-1)).toBe('reset');
  for (const end of ends) end();
});
