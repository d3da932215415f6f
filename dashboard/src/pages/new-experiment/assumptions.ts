/** What somebody takes for granted in place of what is known. */
export interface Assumed {
  /** Eligible people that come each day; null for what was measured. */
  units_per_day: number | null;
  /** Relative; null for what the policy wants to find. */
  true_lift: number | null;
  /** By metric, as typed. */
  baselines: Record<string, { value: string; standard_deviation: string }>;
}

export const NOTHING_ASSUMED: Assumed = { units_per_day: null, true_lift: null, baselines: {} };

interface Baseline {
  value: number;
  standard_deviation?: number;
}

/** The baselines that were typed and are numbers, of these metrics. */
export function typedBaselines(
  { baselines }: Assumed,
  metric_ids: readonly string[],
): Record<string, Baseline> {
  return Object.fromEntries(
    Object.entries(baselines).flatMap(([metric_id, { value, standard_deviation }]) => {
      const number = numberIn(value);
      if (number === null || !metric_ids.includes(metric_id)) return [];
      const spread = numberIn(standard_deviation);
      return [[metric_id, { value: number, ...(spread !== null && { standard_deviation: spread }) }]];
    }),
  );
}

function numberIn(text: string): number | null {
  const number = Number(text.trim().replace(',', '.'));
  return text.trim() === '' || !Number.isFinite(number) ? null : number;
}
