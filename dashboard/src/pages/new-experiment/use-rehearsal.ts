import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Launch } from '../../../../src/model/launch.js';
import type { RehearsalOptions } from '../../../../src/rehearsal/settings.js';
import type { Task } from '../../../../src/rehearsal/task.js';
import type { LivedRun } from './life.js';
import type { Assumptions, RehearsalOrder, RehearsalReply } from './rehearsal.worker.js';

export type RehearsalStatus = 'none' | 'running' | 'done' | 'cancelled' | 'failed';

export interface Rehearsal {
  status: RehearsalStatus;
  /** What is rehearsed: another plan has another key. */
  key: string | null;
  runs: readonly LivedRun[];
  /** Of all scenarios. */
  total: number;
  assumptions: Assumptions | null;
  /** Ms since it began. */
  elapsed: number;
  start: () => void;
  cancel: () => void;
}

interface Progress extends Pick<Rehearsal, 'status' | 'runs' | 'total' | 'assumptions'> {
  began: number;
  at: number;
}

const NONE: Progress = { status: 'none', runs: [], total: 0, assumptions: null, began: 0, at: 0 };
/** Lives in a batch: the odds grow by so many at once. */
const BATCH = 5;
/** A plan that is still being typed is not rehearsed. */
const QUIET_MS = 1_200;
/** The page draws the odds anew so often, ms. */
const SHOWN_EVERY_MS = 200;

/**
 * Rehearses a plan in workers, again where the plan changes. One that was cancelled waits for that, or for somebody who starts it.
 *
 * @param launch null where nothing can be rehearsed now
 */
export function useRehearsal(launch: Launch | null, options: RehearsalOptions): Rehearsal {
  const [progress, setProgress] = useState<Progress>(NONE);
  const ending = useRef<() => void>(() => undefined);
  const key = useMemo(() => launch && keyOf(launch, options), [launch, options]);
  const order = useRef({ launch, options });
  order.current = { launch, options };

  const start = useCallback(() => {
    ending.current();
    const { launch: planned, options: taken } = order.current;
    if (planned) ending.current = rehearse(planned, taken, setProgress);
  }, []);

  useEffect(() => {
    ending.current();
    setProgress(NONE);
    if (key === null) return;
    const timer = setTimeout(start, QUIET_MS);
    return () => clearTimeout(timer);
  }, [key, start]);
  useEffect(() => () => ending.current(), []);

  const { began, at, ...shown } = progress;
  return {
    ...shown,
    key,
    elapsed: at - began,
    start,
    cancel: () => {
      ending.current();
      setProgress((now) => ({ ...now, status: 'cancelled' }));
    },
  };
}

/** Carries out a rehearsal in workers; returns what ends it. */
function rehearse(launch: Launch, options: RehearsalOptions, show: (progress: Progress) => void): () => void {
  const began = performance.now();
  const workers = Array.from({ length: workerCount() }, newWorker);
  const waiting: Task[] = [];
  let now: Progress = { ...NONE, status: 'running', began, at: began };
  let shownAt = 0;
  const end = (): void => workers.forEach((worker) => worker.terminate());
  const tell = (change: Partial<Progress>): void => {
    now = { ...now, ...change, at: performance.now() };
    if (now.status === 'running' && now.at - shownAt < SHOWN_EVERY_MS && now.runs.length > 0) return;
    shownAt = now.at;
    show(now);
  };
  const give = (worker: Worker): void => {
    const task = waiting.shift();
    if (task) send(worker, { kind: 'batch', launch, options, task });
  };
  const take = (worker: Worker, reply: RehearsalReply): void => {
    if (reply.kind === 'planned') {
      waiting.push(...reply.tasks);
      const total = reply.tasks.reduce((sum, { from, to }) => sum + to - from, 0);
      tell({ total, assumptions: reply.assumptions });
      workers.forEach(give);
      return;
    }
    const runs = [...now.runs, ...reply.runs];
    const isDone = runs.length === now.total;
    tell({ runs, ...(isDone && { status: 'done' }) });
    if (isDone) end();
    else give(worker);
  };
  for (const worker of workers) {
    worker.onmessage = ({ data }: MessageEvent<RehearsalReply>) => take(worker, data);
    worker.onerror = () => {
      end();
      tell({ status: 'failed' });
    };
  }
  show(now);
  send(workers[0]!, { kind: 'plan', launch, options, size: BATCH });
  return end;
}

function newWorker(): Worker {
  return new Worker(new URL('./rehearsal.worker.ts', import.meta.url), { type: 'module' });
}

function send(worker: Worker, order: RehearsalOrder): void {
  worker.postMessage(order);
}

/** One core is left for the page. */
function workerCount(): number {
  return Math.max(1, Math.min(8, navigator.hardwareConcurrency - 1));
}

/** What makes another rehearsal of a plan: not its name, and not the moment at which it would start. */
function keyOf(launch: Launch, options: RehearsalOptions): string {
  const { policy, metrics, control, arms, planned_units, sample_size, holdouts, start_at, end_at } = launch;
  const length = Math.round((end_at - start_at) / 60_000);
  return JSON.stringify([
    options,
    policy,
    metrics,
    control,
    arms,
    planned_units,
    sample_size,
    holdouts,
    length,
  ]);
}
