import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { prometheusPaths } from '../../scripts/prometheus.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RULES = readdirSync(`${ROOT}deploy/prometheus/rules`).map((name) => `deploy/prometheus/rules/${name}`);
const read = (path: string): string => readFileSync(ROOT + path, 'utf8');

interface Rule {
  alert?: string;
  expr: string;
  labels?: { severity: string };
  annotations?: { summary: string; runbook: string };
}
const rules = RULES.flatMap((path) => {
  const { groups } = parse(read(path)) as { groups: { rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules);
});
const alerts = rules.filter((rule): rule is Required<Rule> => rule.alert !== undefined);

function promtool(...args: string[]): string {
  return execFileSync(prometheusPaths().promtool, args, { cwd: ROOT, encoding: 'utf8' });
}

it('promtool takes the rules and the configuration', () => {
  expect(promtool('check', 'rules', ...RULES)).toContain('SUCCESS');
  // Rules are where the container has them.
  expect(promtool('check', 'config', '--syntax-only', 'deploy/prometheus/prometheus.yml')).toContain(
    'SUCCESS',
  );
});

it.each(readdirSync(`${ROOT}deploy/prometheus/tests`))('the rules fire as %s says, and only then', (name) => {
  expect(promtool('test', 'rules', `deploy/prometheus/tests/${name}`)).toContain('SUCCESS');
});

it('every alert says how bad it is, and has a line of the runbook', () => {
  expect(alerts.length).toBeGreaterThan(20);
  const headings = [...read('docs/slo.md').matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!.toLowerCase().replaceAll(' ', '-'),
  );
  for (const { alert, labels, annotations } of alerts) {
    expect(['page', 'ticket']).toContain(labels.severity);
    expect([alert, annotations.runbook]).toEqual([alert, `docs/slo.md#${alert.toLowerCase()}`]);
    expect(headings).toContain(alert.toLowerCase());
  }
  const known = new Set(alerts.map(({ alert }) => alert.toLowerCase()));
  const runbook = headings.filter((title) => title.startsWith('rampart'));
  expect(runbook.filter((title) => !known.has(title))).toEqual([]);
});
