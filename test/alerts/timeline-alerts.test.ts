import { describe, expect, it } from 'vitest';
import { HOLD_ALERTS } from '../../src/alerts/holds.js';
import { alertsOfLine, type TimelineEntry } from '../../src/alerts/timeline-alerts.js';
import { HOLD_CODES } from '../../src/lifecycle/state.js';
import { ALERT_KINDS, ALERT_RULES, OPENING_KINDS } from '../../src/model/alert.js';
import { AT, alertOf, experiment, heldBy, line } from './fixtures.js';

describe('the table of kinds', () => {
  it('closes with the severity of what it closes, so that whoever heard the one hears the other', () => {
    for (const kind of ALERT_KINDS) {
      const { closes, severity } = ALERT_RULES[kind];
      if (closes) expect([kind, severity]).toEqual([kind, ALERT_RULES[closes].severity]);
      if (closes) expect(OPENING_KINDS).toContain(closes);
    }
  });

  it('marks both sides of what comes and goes', () => {
    for (const kind of ALERT_KINDS) {
      const { closes, flaps } = ALERT_RULES[kind];
      if (closes) expect([kind, flaps]).toEqual([kind, ALERT_RULES[closes].flaps]);
    }
  });
});

/** Lines of which nobody needs to hear from here. */
const SILENT: readonly TimelineEntry['kind'][] = ['created', 'allocation_published', 'fenced', 'released'];
const KINDS = [
  ...['created', 'started', 'flag_changed', 'state_changed', 'ramped', 'held', 'lifted', 'decided'],
  ...['command', 'allocation_published', 'fenced', 'released', 'note'],
] as TimelineEntry['kind'][];

describe('a line of a timeline', () => {
  it.each(KINDS)('%s makes an alert, or is told elsewhere', (kind) => {
    const alerts = alertsOfLine(experiment(), line(kind));
    expect(alerts.length).toBe(SILENT.includes(kind) ? 0 : 1);
    for (const alert of alerts) {
      expect(alert.title).toMatch(/^Checkout: \S/);
      expect(alert).toMatchObject({ environments: ['production'], tags: ['payments'], owner: 'ada', at: AT });
      expect(alert.path).toMatch(/^\/experiments\/checkout\//);
    }
  });

  it.each(HOLD_CODES.filter((code) => code !== 'approval'))(
    'the hold %s opens what its end closes',
    (code) => {
      const held = alertOf(heldBy(code));
      const lifted = alertOf(line('lifted', { seq: 8, data: { code } }));
      expect(held).toMatchObject({ kind: 'held', severity: HOLD_ALERTS[code].severity, closes: false });
      expect(lifted).toMatchObject({ kind: 'lifted', severity: held.severity, closes: true });
      expect(lifted.problem).toBe(held.problem);
      expect(held.title).toContain(HOLD_ALERTS[code].says);
      expect(held.text).toBe('Units do not fit. It lifts when they fit.');
    },
  );

  it('two holds of one experiment are two problems', () => {
    expect(alertOf(heldBy('srm')).problem).not.toBe(alertOf(heldBy('stale_data')).problem);
  });

  it('a hold that this release does not know is told all the same', () => {
    expect(alertOf(heldBy('anomaly'))).toMatchObject({ kind: 'held', severity: 'warning' });
  });

  it('an approval is wanted by a deadline, and says what follows without one', () => {
    const deadline = new Date(AT + 3_600_000).toISOString();
    const step = alertOf(line('held', { data: { code: 'approval', lifts_when: 'a person approves' } }));
    const [ship] = alertsOfLine(
      experiment(),
      line('state_changed', { from: 'running', to: 'awaiting_approval' }),
    );
    for (const alert of [step, ship!]) {
      expect(alert.kind).toBe('approval_wanted');
      expect(alert.title).toContain(deadline);
      expect(alert.text).toBe('If nobody answers until then, it is rolled back.');
      expect(alert.details['deadline']).toBe(deadline);
    }
    const answered = alertsOfLine(
      experiment(),
      line('state_changed', { from: 'awaiting_approval', to: 'rolling_out' }),
    );
    expect(answered.map(({ kind }) => kind)).toEqual(['approval_answered', 'state_changed']);
    expect(answered[0]!.problem).toBe(ship!.problem);
    expect(alertOf(line('lifted', { data: { code: 'approval' } })).problem).toBe(step.problem);
  });

  it('proven harm is critical until the control is served again', () => {
    const harm = alertOf(
      line('decided', { reason: 'errors', data: { n: 2, row: 2, decision: 'roll_back' } }),
    );
    expect(harm).toMatchObject({ kind: 'harm_proven', severity: 'critical', text: 'Errors' });
    const over = alertsOfLine(
      experiment(),
      line('state_changed', { from: 'rolling_back', to: 'completed', data: { outcome: 'rolled_back' } }),
    );
    expect(over.map(({ kind }) => kind)).toEqual(['control_served', 'ended']);
    expect(over[0]!.problem).toBe(harm.problem);
    expect(over[1]!.title).toBe('Checkout: ended: it did harm; all have the control');
  });

  it('alerts of one line are in order, and before those of the next', () => {
    const [first, second] = alertsOfLine(
      experiment(),
      line('state_changed', { from: 'rolling_back', to: 'completed' }),
    );
    const next = alertOf(line('note', { seq: 8, reason: 'n' }));
    expect(first!.order).toBeLessThan(second!.order);
    expect(second!.order).toBeLessThan(next.order);
    expect(new Set([first, second, next].map((alert) => alert!.alert_id)).size).toBe(3);
  });

  it('a hold that lasts is told as that, any other note as a note', () => {
    const lasting = line('note', { reason: 'still held: srm', data: { code: 'srm', lifts_when: 'x' } });
    expect(alertOf(lasting).kind).toBe('still_held');
    expect(alertOf(line('note', { reason: 'treatment still waits for approval' })).kind).toBe('still_held');
    expect(alertOf(line('note', { reason: 'got its slots' })).kind).toBe('note');
  });

  it('an experiment of no environment concerns every one', () => {
    expect(alertOf(heldBy('srm'), { environment: undefined }).environments).toBeNull();
  });
});
