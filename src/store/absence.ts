import {
  MongoClientClosedError,
  MongoError,
  MongoErrorLabel,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
  MongoTopologyClosedError,
  MongoWriteConcernError,
} from 'mongodb';

const DUPLICATE_KEY = 11_000;

/**
 * Codes of a server that cannot do now what it is asked, but may a moment later. The names are mongod's, of its
 * error_codes.yml; the first group is what the driver's specifications call retryable.
 */
const AWAY_CODES: ReadonlySet<unknown> = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  89, // NetworkTimeout
  91, // ShutdownInProgress
  134, // ReadConcernMajorityNotAvailableYet
  189, // PrimarySteppedDown
  262, // ExceededTimeLimit
  9_001, // SocketException
  10_107, // NotWritablePrimary
  11_600, // InterruptedAtShutdown
  11_602, // InterruptedDueToReplStateChange
  13_435, // NotPrimaryNoSecondaryOk
  13_436, // NotPrimaryOrSecondary

  10_058, // LegacyNotPrimary
  64, // WriteConcernTimeout
  100, // UnsatisfiableWriteConcern: too few members are left for a majority
  133, // FailedToSatisfyReadPreference
  202, // NetworkInterfaceExceededTimeLimit
  24, // LockTimeout
  50, // MaxTimeMSExpired
  112, // WriteConflict
  237, // CursorKilled
  43, // CursorNotFound: the server that had it has gone
  14_031, // OutOfDiskSpace
]);

const AWAY_LABELS = [
  MongoErrorLabel.RetryableWriteError,
  MongoErrorLabel.RetryableError,
  MongoErrorLabel.SystemOverloadedError,
  MongoErrorLabel.PoolRequestedRetry,
  MongoErrorLabel.ResetPool,
];

const AWAY_KINDS = [
  MongoNetworkError,
  MongoServerSelectionError,
  MongoNotConnectedError,
  MongoTopologyClosedError,
  MongoClientClosedError,
  MongoOperationTimeoutError,
  // The write is there, but not yet at a majority: a failover could take it back.
  MongoWriteConcernError,
];

/**
 * Whether MongoDB could not be reached, or could not do now what it was asked: no server, a failover, one that shuts down
 * or has no room. The operation may have been done or not; whoever wants it does it again.
 */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (AWAY_KINDS.some((kind) => error instanceof kind)) return true;
  if (!(error instanceof MongoError)) return false;
  if (AWAY_LABELS.some((label) => error.hasErrorLabel(label))) return true;
  if (AWAY_CODES.has(error.code) || lacksMajority(error)) return true;
  return partsOf(error).some((part) => isAway(part) || AWAY_CODES.has((part as { code?: unknown }).code));
}

/** Several writes at once of which one has not reached a majority yet. */
function lacksMajority(error: MongoError): boolean {
  const { result } = error as { result?: { getWriteConcernError?: () => unknown } };
  return (result?.getWriteConcernError?.() ?? undefined) !== undefined;
}

/** What the error of several writes at once is made of. */
function partsOf(error: MongoError): unknown[] {
  const { cause, errorResponse } = error as MongoError & { errorResponse?: unknown };
  return [cause, errorResponse, ...writeErrorsOf(error)].filter(
    (part) => typeof part === 'object' && part !== null && part !== error,
  );
}

function writeErrorsOf(error: MongoError): { code?: unknown }[] {
  const { writeErrors = [] } = error as { writeErrors?: unknown };
  return (Array.isArray(writeErrors) ? writeErrors : [writeErrors]) as { code?: unknown }[];
}

/**
 * Whether an insert met a document of the same `_id`, or an upsert one that its guard excludes. Of several writes at
 * once: whether nothing else went wrong, so that all others were done.
 */
export function isDuplicate(error: unknown): boolean {
  if (!(error instanceof MongoServerError) || error.code !== DUPLICATE_KEY || isAway(error)) return false;
  return writeErrorsOf(error).every(({ code }) => code === DUPLICATE_KEY);
}
