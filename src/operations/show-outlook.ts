import { windowsBetween, type FreezeWindow } from '../calendar/freeze-windows.js';
import {
  interruptionsOf,
  stagesOf,
  type Interruption,
  type PastLine,
  type Stage,
} from '../lifecycle/stages.js';
import { planOf, type Plan } from '../lifecycle/plan.js';
import { initialState, type State } from '../lifecycle/state.js';
import { waitingOf, type Waiting } from '../lifecycle/waiting.js';
import { DAY_MS } from '../model/time.js';
import type { Launched } from '../store/experiment-document.js';
import type { Store } from '../store/store.js';

/** Lines of the timeline that the stages are read from, at most: those of the first years of the longest experiments. */
const MOST_LINES = 5_000;
/** How far ahead freeze windows are told. */
const AHEAD_MS = 60 * DAY_MS;

export interface Outlook {
  stages: Stage[];
  interruptions: Interruption[];
}

/** The whole life of a started experiment: what was, is and is planned. */
export async function outlookOf(store: Store, document: Launched, now: number): Promise<Outlook> {
  const plan = planOf(document._id, document.launch);
  const state = stateOf(document);
  const past: PastLine[] = await store.timeline.of(document._id, MOST_LINES, 0);
  const freezes = freezesOf(plan, now);
  return {
    stages: stagesOf(plan, state, past, freezes, now),
    interruptions: interruptionsOf(past, freezes, now),
  };
}

/** What a started experiment waits for, by its newest look. */
export async function waitingNow(store: Store, document: Launched, now: number): Promise<Waiting> {
  const newest = await store.snapshots.latest(document._id);
  return waitingOf(planOf(document._id, document.launch), stateOf(document), newest?.look ?? null, now);
}

/** The state that its workflow stored last; before its first commit, the one that every workflow begins with. */
function stateOf({ checkpoint }: Launched): State {
  return checkpoint ?? initialState();
}

function freezesOf({ policy }: Plan, now: number): FreezeWindow[] {
  return windowsBetween(policy.freeze_windows, now, now + AHEAD_MS);
}
