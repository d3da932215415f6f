import { describe, expect, it } from 'vitest';
import { letter, pagerdutyMessage, slackMessage, standardMessage } from '../../src/alerts/formats.js';
import { flagAlert, processAlert, stopAlert } from '../../src/alerts/other-alerts.js';
import { alertOf, AT, heldBy, line } from './fixtures.js';

const HOME = 'https://rampart.example.com';
const srm = alertOf(heldBy('srm'));
const lifted = alertOf(line('lifted', { seq: 8, at: AT + 1_000, data: { code: 'srm' } }));
const read = ({ body }: { body: string }) => JSON.parse(body) as Record<string, never>;

describe('standard', () => {
  it('has type, timestamp and data, with a link', () => {
    const { type, timestamp, data } = read(standardMessage([srm], HOME));
    expect([type, timestamp]).toEqual(['held', '2026-03-02T10:00:00.000Z']);
    expect(data).toMatchObject({
      subject: { type: 'experiment', id: 'checkout' },
      severity: 'critical',
      details: { code: 'srm', seq: 7, revision: 3 },
      url: 'https://rampart.example.com/experiments/checkout/health',
    });
  });

  it('has no link where nobody knows the address of the dashboard', () => {
    expect(read(standardMessage([srm], null))['data']).not.toHaveProperty('url');
  });

  it('has all alerts of a digest', () => {
    const { type, timestamp, data } = read(standardMessage([srm, lifted], HOME));
    expect([type, timestamp]).toEqual(['digest', '2026-03-02T10:00:01.000Z']);
    expect(data).toMatchObject({ count: 2, alerts: [{ type: 'held' }, { type: 'lifted' }] });
  });
});

describe('slack', () => {
  it('says it in a text and in a block, without letting names be markup', () => {
    const alert = alertOf(heldBy('srm'), { name: 'A <!channel> & B' });
    const { text, blocks } = read(slackMessage([alert], HOME)) as unknown as {
      text: string;
      blocks: object[];
    };
    expect(text).toContain('A &lt;!channel&gt; &amp; B: held');
    expect(JSON.stringify(blocks)).toContain(
      '*<https://rampart.example.com/experiments/checkout/health|A &lt;',
    );
    expect(JSON.stringify([text, blocks])).not.toContain('<!channel>');
  });

  it('has no more blocks than Slack takes', () => {
    const many = Array.from({ length: 80 }, () => srm);
    const { blocks } = read(slackMessage(many, HOME)) as unknown as { blocks: object[] };
    expect(blocks.length).toBe(50);
    expect(JSON.stringify(blocks.at(-1))).toContain('and 31 more');
  });
});

describe('pagerduty', () => {
  it('opens an incident and resolves the same one', () => {
    const messageOf = (alert: typeof srm): Record<string, unknown> =>
      read(pagerdutyMessage(alert, 'key', HOME));
    const [opened, closed] = [messageOf(srm), messageOf(lifted)];
    expect(opened).toMatchObject({
      routing_key: 'key',
      event_action: 'trigger',
      payload: { severity: 'critical', source: 'rampart experiment checkout', class: 'held' },
    });
    expect(closed['event_action']).toBe('resolve');
    expect(closed['dedup_key']).toBe(opened['dedup_key']);
  });

  it('keeps within the limits of the API, and long keys apart', () => {
    const of = (id: string) =>
      read(pagerdutyMessage({ ...srm, problem: id, text: 'x'.repeat(5_000) }, 'key', null)) as unknown as {
        dedup_key: string;
        payload: { summary: string };
      };
    const [one, other] = [of(`${'a'.repeat(400)}1`), of(`${'a'.repeat(400)}2`)];
    expect(one.payload.summary.length).toBe(1_024);
    expect(one.dedup_key.length).toBe(255);
    expect(one.dedup_key).not.toBe(other.dedup_key);
  });
});

describe('mail', () => {
  it('has the title as its subject, and the link', () => {
    const { subject, text } = letter([srm], HOME);
    expect(subject).toMatch(/^\[Rampart critical\] Checkout: held/);
    expect(text).toContain('https://rampart.example.com/experiments/checkout/health');
  });

  it('has one line as its subject, whatever an experiment is called', () => {
    const alert = alertOf(heldBy('srm'), { name: 'A\r\nBcc: c@d.example' });
    expect(letter([alert], HOME).subject).not.toMatch(/[\r\n]/);
  });
});

describe('what is of no experiment', () => {
  const stop = {
    ...{ emergency_stop_id: 'stop_1', by: 'ada', reason: 'checkout fails', scope: 'all' as const },
    ...{ environments: null, experiments: 3 },
  };

  it('an emergency stop says what is open, and then that nothing is', () => {
    const open = { pending: ['a', 'b'], unknown: ['api-3'] };
    const [incomplete, complete] = (['incomplete', 'complete'] as const).map((moment) =>
      stopAlert(stop, moment, AT, open),
    );
    expect(incomplete!.text).toBe(
      'Not rolled back yet: a, b. Nobody knows what these processes serve: api-3.',
    );
    expect(complete!.problem).toBe(incomplete!.problem);
    expect([incomplete!.closes, complete!.closes]).toEqual([false, true]);
  });

  it('a process comes back to the problem that it went with', () => {
    const [lost, back] = [processAlert('api-1', true, AT, null), processAlert('api-1', false, AT + 1, null)];
    expect([lost.problem, lost.order < back.order]).toEqual([back.problem, true]);
  });

  it('a stale flag says its remedy', () => {
    const flag = { flag_id: 'old', environments: null, tags: [], owner: null };
    expect(flagAlert(flag, 'delete it', AT)).toMatchObject({ kind: 'flag_stale', text: 'Delete it.' });
    expect(flagAlert(flag, null, AT)).toMatchObject({ kind: 'flag_not_stale', closes: true });
  });
});
