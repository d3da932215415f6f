import { MongoBulkWriteError, MongoError, MongoNetworkError, MongoServerError } from 'mongodb';
import { expect, it } from 'vitest';
import { isAway, isDuplicate } from '../../src/store/absence.js';

/** An error as the driver makes it of a server's answer. */
const answered = (code: number, more: object = {}): MongoServerError =>
  new MongoServerError({ ok: 0, code, errmsg: `code ${code}`, ...more });

it.each([
  ['NotWritablePrimary', 10_107],
  ['PrimarySteppedDown', 189],
  ['InterruptedDueToReplStateChange', 11_602],
  ['InterruptedAtShutdown', 11_600],
  ['NotPrimaryNoSecondaryOk', 13_435],
  ['NotPrimaryOrSecondary', 13_436],
  ['ShutdownInProgress', 91],
  ['ReadConcernMajorityNotAvailableYet', 134],
  ['ExceededTimeLimit', 262],
  ['MaxTimeMSExpired', 50],
  ['OutOfDiskSpace', 14_031],
])('counts %s as away', (_, code) => {
  expect(isAway(answered(code))).toBe(true);
});

it.each(['RetryableWriteError', 'RetryableError', 'SystemOverloadedError'])(
  'counts what the server labels %s as away, whatever its code',
  (label) => {
    expect(isAway(answered(4_711, { errorLabels: [label] }))).toBe(true);
  },
);

it('looks into the error of several writes at once', () => {
  const result = { getWriteConcernError: () => undefined } as never;
  expect(isAway(new MongoBulkWriteError(new MongoNetworkError('interrupted') as never, result))).toBe(true);
  expect(isAway(new MongoBulkWriteError(answered(189) as never, result))).toBe(true);
  const writeErrors = [{ code: 11_000 }, { code: 10_107 }];
  const both = { message: 'two', code: 11_000, writeErrors } as never;
  expect(isAway(new MongoBulkWriteError(both, result))).toBe(true);
  expect(isDuplicate(new MongoBulkWriteError(both, result))).toBe(false);
  const concern = { getWriteConcernError: () => ({ code: 64 }) } as never;
  const duplicate = { message: 'one', code: 11_000, writeErrors: [{ code: 11_000 }] } as never;
  expect(isAway(new MongoBulkWriteError(duplicate, concern))).toBe(true);
  expect(isDuplicate(new MongoBulkWriteError(duplicate, concern))).toBe(false);
  expect(isDuplicate(new MongoBulkWriteError(duplicate, result))).toBe(true);
});

it('calls a duplicate a duplicate only where every write met one', () => {
  const result = { getWriteConcernError: () => undefined } as never;
  const mixed = { message: 'two', code: 11_000, writeErrors: [{ code: 11_000 }, { code: 2 }] } as never;
  expect(isDuplicate(new MongoBulkWriteError(mixed, result))).toBe(false);
  expect(isDuplicate(answered(11_000))).toBe(true);
});

it('leaves alone what would be refused again: wrong requests and programming errors', () => {
  for (const error of [
    answered(2),
    answered(11_000),
    answered(59),
    new MongoError('no'),
    new TypeError('timed out'),
    'ECONNREFUSED',
  ]) {
    expect(isAway(error)).toBe(false);
  }
});
