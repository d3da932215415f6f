import { count, evidence, lift, pValue, quantity, rate } from './format.js';

interface QuantityWords {
  /** What is compared. */
  text: string;
  value(value: number | null): string;
  threshold(threshold: number): string;
}

const e: Omit<QuantityWords, 'text'> = {
  value: evidence,
  threshold: (threshold) => count(Math.ceil(Math.exp(threshold) - 1e-9)),
};
const p: Omit<QuantityWords, 'text'> = { value: pValue, threshold: String };
const lifts: Omit<QuantityWords, 'text'> = { value: lift, threshold: lift };

/** Numbers that rows of the decision table look at, by where they are in the evidence. */
export const QUANTITIES: Record<string, QuantityWords> = {
  'guardrail.log_e_harm': { text: 'evidence of harm', ...e },
  'guardrail.exclusions.log_e': { text: 'evidence against so much harm', ...e },
  'guardrail.exclusions.error_free_limit': {
    text: 'rate of errors, at most',
    value: (value) => rate(value, 2),
    threshold: (value) => rate(value, 2),
  },
  'srm.log_bayes_factor': { text: 'Bayes factor of wrong shares', ...e },
  units: { text: 'units', value: (value) => (value === null ? '–' : count(value)), threshold: count },
  'relative harm not excluded': {
    text: 'harm that its data do not exclude',
    value: lift,
    threshold: (threshold) => `${rate(threshold, 0)} margin`,
  },
  'sequence.upper': { text: 'upper limit of the sequence', value: quantity, threshold: quantity },
  'sequence.lower': { text: 'lower limit of the sequence', value: quantity, threshold: quantity },
  'sequence.p_value': { text: 'p of the sequence', ...p },
  'final.p_value': { text: 'p of the fixed test', ...p },
  'sequence_at_final.p_value': { text: 'p of the sequence, at the end', ...p },
  'limits_at_full_alpha.relative_upper': { text: 'upper limit of the lift', ...lifts },
  'limits_at_full_alpha.relative_lower': { text: 'lower limit of the lift', ...lifts },
  'final.relative_upper': { text: 'upper limit of the fixed interval', ...lifts },
  'final.relative_lower': { text: 'lower limit of the fixed interval', ...lifts },
  'sequence_at_final.relative_upper': { text: 'upper limit of the sequence, at the end', ...lifts },
  'sequence_at_final.relative_lower': { text: 'lower limit of the sequence, at the end', ...lifts },
};

/** Of a quantity that this version does not know: as it is. */
export function quantityWords(name: string): QuantityWords {
  return QUANTITIES[name] ?? { text: name, value: quantity, threshold: quantity };
}

/** How a value stands to its threshold. */
export const OPERATORS: Record<'>=' | '<=' | '>' | '<', string> = {
  '>=': '≥',
  '<=': '≤',
  '>': '>',
  '<': '<',
};
