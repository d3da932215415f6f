import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError } from '../api/client.js';
import { Icon } from './icon.js';
import { Strip } from './strip.js';

interface Props<T> {
  query: UseQueryResult<T>;
  /** What is asked for, as a noun: "the experiment". */
  what: string;
  children: (data: T) => ReactNode;
}

/** An answer in all its states: not there yet, there, there but old, refused, missing. */
export function Answer<T>({ query, what, children }: Props<T>) {
  const { data, error, isFetching, refetch } = query;
  if (data === undefined) {
    if (error === null) return <Loading what={what} />;
    return <Failed error={error} what={what} onRetry={() => void refetch()} waiting={isFetching} />;
  }
  return (
    <>
      {error !== null && (
        <Strip tone="hold" icon="clock">
          <b>This is not fresh.</b> {sentenceOf(error, what)}
        </Strip>
      )}
      {children(data)}
    </>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <p className="empty muted" role="status">
      Loading {what}…
    </p>
  );
}

interface FailedProps {
  error: Error;
  what: string;
  onRetry: () => void;
  waiting: boolean;
}

function Failed({ error, what, onRetry, waiting }: FailedProps) {
  const isFinal = error instanceof ApiError && (error.status === 403 || error.status === 404);
  return (
    <div className="empty" role="alert">
      <Icon name={isFinal ? 'lock' : 'warn'} className="is-hold" />
      <p>{sentenceOf(error, what)}</p>
      {!isFinal && (
        <button type="button" className="btn" onClick={onRetry} disabled={waiting}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What went wrong, in a sentence: the API's own words where it answered. */
export function sentenceOf(error: Error, what: string): string {
  if (!(error instanceof ApiError)) return `Something went wrong while ${what} was shown.`;
  const { status, detail } = error.problem;
  if (status === 0) return `The server does not answer, so ${what} cannot be read. It is tried again.`;
  if (status === 403) return `You may not see ${what}: ${detail}`;
  return detail.endsWith('.') ? detail : `${detail[0]!.toUpperCase()}${detail.slice(1)}.`;
}
