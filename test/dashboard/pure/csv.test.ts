import { readFile } from 'node:fs/promises';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import {
  LOOK_COLUMNS,
  lookCsv,
  SERIES_COLUMNS,
  seriesCsv,
} from '../../../dashboard/src/pages/experiment/evidence/csv.js';
import { LIST_COLUMNS, listCsv } from '../../../dashboard/src/pages/experiments/list-csv.js';
import { listed } from './listed.js';
import { toldLife } from './told-life.js';

const { results, plan, series } = toldLife();
const of = { plan, control: 'control' };

function rowsOf(text: string): Record<string, string>[] {
  const { data, errors } = Papa.parse<Record<string, string>>(text.trimEnd(), { header: true });
  expect(errors).toEqual([]);
  return data;
}

describe('the evidence as CSV', () => {
  it('has a row a metric and treatment, with numbers to the last digit', () => {
    const rows = rowsOf(lookCsv(results, of));
    const comparisons = results.evidence.metrics.flatMap((metric) => metric.comparisons);
    expect(rows).toHaveLength(comparisons.length);
    const [first] = comparisons;
    expect(Number(rows[0]!['lift'])).toBe(first!.relative.lift);
    expect(Number(rows[0]!['standard_error'])).toBe(first!.standard_error);
    expect(rows[0]).toMatchObject({ variant: 'treatment', units_control: '5000', decision: 'winner' });
  });

  it('has a row a segment, metric and treatment after those of all units', () => {
    const [metric] = results.evidence.metrics;
    const [one] = metric!.comparisons;
    const comparison = {
      ...{ variant: 'treatment', control_value: 1, value: 2, difference: 1, lift: 1, discovery: true },
      sequence: one!.sequence,
      heterogeneity: { q: 12.5, df: 1 as const, p_value: 0.0004, sequential_p: 0.01, differs: true },
    };
    const segment = {
      segment: 'ios',
      units: { control: 11, treatment: 12 },
      metrics: [{ metric_id: metric!.metric_id, role: metric!.role, comparisons: [comparison] }],
    };
    const rows = rowsOf(lookCsv({ ...results, segments: [segment] }, of));
    expect(rows[0]!['segment']).toBe('');
    expect(rows.at(-1)).toMatchObject({
      ...{ segment: 'ios', lift: '1', units_control: '11', units_variant: '12', discovery: 'true' },
      ...{ heterogeneity_q: '12.5', heterogeneity_sequential_p: '0.01' },
    });
  });

  it('leaves empty what is unlimited or was not measured, and never writes 0 for it', () => {
    const open = structuredClone(results);
    const comparison = open.evidence.metrics[0]!.comparisons[0]!;
    comparison.sequence = { ...comparison.sequence, lower: null, relative_lower: null };
    comparison.value = null;
    expect(rowsOf(lookCsv(open, of))[0]).toMatchObject({ difference_lower: '', lift_lower: '', value: '' });
    expect(rowsOf(seriesCsv(series, of))[0]).toMatchObject({ lift: '0.5', lift_lower: '', log_e_harm: '' });
  });

  it('has a row a look too, negative numbers as numbers', () => {
    const rows = rowsOf(seriesCsv(series, of));
    expect(rows).toHaveLength(series.series.length * series.looks.length);
    expect(rows[1]).toMatchObject({
      ...{ look: '2', lift: '0.123456789012', difference: '-0.01', log_e_harm: '-1.5' },
    });
  });

  it.each(['a,b', 'say "no"', 'two\nlines', 'Ünïcode ✓'])('keeps the name %j whole', (variant) => {
    const named = structuredClone(results);
    named.evidence.metrics[0]!.comparisons[0]!.variant = variant;
    const text = lookCsv(named, of);
    expect(rowsOf(text)[0]!['variant']).toBe(variant);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx'])('does not let a spreadsheet run %j', (variant) => {
    const named = structuredClone(results);
    named.evidence.metrics[0]!.comparisons[0]!.variant = variant;
    expect(rowsOf(lookCsv(named, of))[0]!['variant']).toBe(`'${variant}`);
  });

  it('has its header also where there is nothing', () => {
    const nothing = { ...results, evidence: { ...results.evidence, metrics: [] } };
    expect(lookCsv(nothing, of).trimEnd()).toBe(LOOK_COLUMNS.join(','));
  });

  it('has just the columns that it names, and they are documented', async () => {
    const documented = await readFile(
      new URL('../../../docs/dashboard/experimenters.md', import.meta.url),
      'utf8',
    );
    for (const column of [...LOOK_COLUMNS, ...SERIES_COLUMNS, ...LIST_COLUMNS])
      expect(documented).toContain(`\`${column}\``);
    for (const row of [...rowsOf(lookCsv(results, of)), ...rowsOf(seriesCsv(series, of))])
      for (const column of ['metric_id', 'role', 'kind', 'direction', 'variant', 'units_variant', 'lift'])
        expect(row[column], column).not.toBe('');
  });
});

describe('the list as CSV', () => {
  it('has a row an experiment, empty where there was no look yet', () => {
    const rows = rowsOf(
      listCsv([
        listed('a', { name: '=HYPERLINK("x")', tags: ['q1', 'web'] }),
        listed('b', {
          summary: {
            ...{ last_look_at: '2026-01-01T00:00:00.000Z', units: 7, spark: [] },
            primary: { metric_id: 'ctr', variant: 'treatment', lift: -0.25, lower: null, upper: 0.5 },
            guardrail: null,
            srm: { log_bayes_factor: 0, threshold: 100 },
          },
        }),
      ]),
    );
    expect(rows[0]).toMatchObject({ name: `'=HYPERLINK("x")`, tags: 'q1 web', units: '', lift: '' });
    expect(rows[1]).toMatchObject({ units: '7', lift: '-0.25', lift_lower: '', lift_upper: '0.5' });
  });
});
