import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Launch } from '../../../../src/model/launch.js';
import type { RehearsalOptions } from '../../../../src/rehearsal/settings.js';
import { typedBaselines, type Assumed } from './assumptions.js';
import { powerQuery, validationQuery, type Power, type Validation } from './choices.js';
import { definitionOf, startOf, type Definition, type Form, type FormError } from './form.js';

/** What is known of the form that is being typed. */
export interface Checks {
  definition: Definition;
  start: { duration?: string };
  /** Everything that is wrong, as far as it was asked. */
  errors: readonly FormError[];
  /** Whether the errors are those of what stands in the form now. */
  isChecked: boolean;
  validation: UseQueryResult<Validation>;
  /** What a start would freeze; null where something is wrong. */
  launch: Launch | null;
  /** Null where something is wrong. */
  power: UseQueryResult<Power> | null;
  options: RehearsalOptions;
}

/** The validation follows the last key by so much. */
const QUIET_MS = 400;
const LIVES = 500;
const TOLD_LIFTS = [0.05, 0.03, 0.01];

export function useChecks(form: Form, owner: string, assumed: Assumed): Checks {
  const { definition, errors: own } = useMemo(() => definitionOf(form, owner), [form, owner]);
  const start = useMemo(() => startOf(form), [form]);
  const asked = useMemo(() => ({ definition, start }), [definition, start]);
  const [settled] = useDebouncedValue(asked, QUIET_MS);
  const validation = useQuery({ ...validationQuery(settled), placeholderData: keepPreviousData });
  const { data, isPlaceholderData } = validation;
  const isChecked = settled === asked && data !== undefined && !isPlaceholderData;
  const isRight = data?.errors.length === 0 && own.length === 0;
  const launch = isRight ? (data.launch as unknown as Launch | null) : null;

  const [assumption] = useDebouncedValue(assumed, QUIET_MS);
  const baselines = useMemo(
    () => typedBaselines(assumption, launch?.metrics.map(({ metric }) => metric.metric_id) ?? []),
    [assumption, launch],
  );
  const { units_per_day } = assumption;
  const lifts = launch && [...new Set([launch.policy.mde, ...TOLD_LIFTS])].sort((a, b) => b - a).slice(-4);
  const power = useQuery({
    ...powerQuery({
      ...settled,
      baselines,
      lifts: lifts ?? [],
      ...(units_per_day !== null && { units_per_day }),
    }),
    enabled: launch !== null && !isPlaceholderData,
    placeholderData: keepPreviousData,
  });

  const options = useMemo(() => {
    const known = units_per_day ?? data?.traffic?.units_per_day ?? null;
    return {
      runs: LIVES,
      baselines: mergedBaselines(data?.baselines ?? {}, baselines),
      ...(known !== null && { units_per_day: known }),
      ...(assumption.true_lift !== null && { true_lift: assumption.true_lift }),
    };
  }, [assumption, baselines, data, units_per_day]);

  return {
    definition,
    start,
    errors: [...own, ...(data?.errors ?? [])],
    isChecked,
    validation,
    launch,
    power: launch === null ? null : power,
    options,
  };
}

function mergedBaselines(
  known: Validation['baselines'],
  typed: ReturnType<typeof typedBaselines>,
): NonNullable<RehearsalOptions['baselines']> {
  const all = Object.keys({ ...known, ...typed });
  return Object.fromEntries(
    all.map((metric_id) => [metric_id, { ...known[metric_id], ...typed[metric_id] }]),
  ) as NonNullable<RehearsalOptions['baselines']>;
}
