import { RampartError, type FieldError } from '../errors.js';
import { experimentSchema, type ExperimentDefinition } from '../model/experiment.js';
import { builtInMetrics, METRIC_ROLES } from '../model/metric.js';
import { parse } from '../validation.js';

/** What is wrong with a definition by itself, and the definition with stand-ins for that; null where nothing can be read. */
export interface ReadableExperiment {
  errors: FieldError[];
  definition: ExperimentDefinition | null;
  /** Paths whose values are stand-ins: what is said of them is not about what was given. */
  replaced: ReadonlySet<string>;
}

type Given = Record<string, unknown>;

/** Each time, what was found wrong is replaced, and more can be read. */
const MOST_TIMES = 8;
const ARMS = { control: { traffic: 50 }, treatment: { traffic: 50 } };

/**
 * Reads a definition although parts of it are wrong. The schema stops at the first part that has the wrong shape, and people
 * want to hear of everything at once.
 */
export function readExperiment(given: Given): ReadableExperiment {
  const errors: FieldError[] = [];
  const replaced = new Set<string>();
  const present = structuredClone(given);
  for (let times = 0; times < MOST_TIMES; times += 1) {
    const wrong = errorsOf(present);
    if ('definition' in wrong) return { errors, definition: wrong.definition, replaced };
    errors.push(...wrong.errors.filter(({ path }) => !isUnder(path, replaced)));
    for (const { path } of wrong.errors) replace(present, path, replaced);
  }
  return { errors, definition: null, replaced };
}

/** Whether a path is one of these, or below one of them. */
export function isUnder(path: string, paths: ReadonlySet<string>): boolean {
  const parts = path.split('.');
  return parts.some((_, index) => paths.has(parts.slice(0, index + 1).join('.')));
}

function errorsOf(given: Given): { errors: FieldError[] } | { definition: ExperimentDefinition } {
  try {
    return { definition: parse(experimentSchema, given) };
  } catch (error) {
    if (error instanceof RampartError) return { errors: error.members['errors'] as FieldError[] };
    throw error;
  }
}

function replace(present: Given, path: string, replaced: Set<string>): void {
  const [field = '', role = '', index] = path.split('.');
  switch (field) {
    case 'experiment_id':
      present[field] = 'unnamed';
      break;
    case 'variants':
      present[field] = ARMS;
      delete present['control'];
      break;
    case 'success_metrics':
      replaced.add(replaceMetric(present, role, index));
      return;
    case 'layer_id':
      delete present[field];
      delete present['layer_share'];
      break;
    default:
      delete present[field];
  }
  replaced.add(field);
}

/** Replaces as little as can be, so that the other metrics are still looked at. Returns the path of what was replaced. */
function replaceMetric(present: Given, role: string, index: string | undefined): string {
  const isKnown = METRIC_ROLES.some((name) => name === role);
  const metrics = present['success_metrics'];
  if (typeof metrics !== 'object' || metrics === null || Array.isArray(metrics)) {
    present['success_metrics'] = { primary: [standIn({})] };
    return 'success_metrics';
  }
  const lists = metrics as Record<string, unknown>;
  const list = lists[role];
  if (!isKnown) delete lists[role];
  else if (Array.isArray(list) && index !== undefined) list[Number(index)] = standIn(lists);
  else lists[role] = role === 'primary' ? [standIn(lists)] : [];
  return index === undefined ? `success_metrics.${role}` : `success_metrics.${role}.${index}`;
}

/** A metric that every installation has, and that is not named. */
function standIn(lists: Record<string, unknown>): string {
  const named = new Set(Object.values(lists).flat());
  const free = builtInMetrics.filter(
    ({ window, metric_id }) => window === undefined && !named.has(metric_id),
  );
  return free[0]?.metric_id ?? `stand-in-${named.size}`;
}
