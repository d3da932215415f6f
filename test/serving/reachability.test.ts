import { expect, it } from 'vitest';
import { Reachability } from '../../src/serving/reachability.js';

it('knows each server by its own last answer, whatever the other one does', async () => {
  let isTemporalUp = true;
  const reachability = new Reachability({
    askMongodb: () => new Promise(() => undefined),
    askTemporal: () => (isTemporalUp ? Promise.resolve(true) : Promise.reject(new Error('away'))),
    readReconciliation: () => Promise.reject(new Error('away')),
  });
  expect([reachability.mongodb, reachability.temporal]).toEqual(['down', 'down']);
  void reachability.ask();
  await new Promise(setImmediate);
  expect([reachability.mongodb, reachability.temporal]).toEqual(['down', 'up']);
  isTemporalUp = false;
  void reachability.ask();
  await new Promise(setImmediate);
  expect(reachability.temporal).toBe('down');
});
