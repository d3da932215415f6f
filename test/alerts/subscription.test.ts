import { describe, expect, it } from 'vitest';
import { processAlert } from '../../src/alerts/other-alerts.js';
import { digestAt, isDigested, isMuted, wants } from '../../src/alerts/subscription.js';
import { webhookSchema } from '../../src/model/webhook.js';
import { AT, alertOf, heldBy, line, settings } from './fixtures.js';

const srm = alertOf(heldBy('srm'));
const lifted = alertOf(line('lifted', { data: { code: 'srm' } }));
const lost = processAlert('api-1', true, AT, null);

describe('who hears of an alert', () => {
  it.each<[what: string, settings: object, hears: boolean]>([
    ['who asks for nothing in particular', {}, true],
    ['who asks for the kind', { events: ['held'] }, true],
    ['who asks for another kind', { events: ['decided'] }, false],
    ['who asks for the severity', { severities: ['critical'] }, true],
    ['who asks for another severity', { severities: ['info', 'warning'] }, false],
    ['who asks for the environment', { environments: ['staging', 'production'] }, true],
    ['who asks for another environment', { environments: ['staging'] }, false],
    ['who asks for the tag', { tags: ['payments'] }, true],
    ['who asks for another tag', { tags: ['search'] }, false],
    ['who asks for the owner', { owners: ['ada'] }, true],
    ['who asks for another owner', { owners: ['grace'] }, false],
    ['who is switched off', { enabled: false }, false],
    [
      'who asks for all of it but the owner',
      { events: ['held'], tags: ['payments'], owners: ['grace'] },
      false,
    ],
  ])('%s', (_what, given, hears) => {
    expect(wants(settings(given), srm)).toBe(hears);
  });

  it('whoever hears of a beginning hears of its end', () => {
    expect(wants(settings({ events: ['held'], severities: ['critical'] }), lifted)).toBe(true);
    expect(wants(settings({ events: ['lifted'] }), srm)).toBe(false);
  });

  it('what concerns every environment concerns each', () => {
    expect(
      wants(settings({ environments: ['staging'] }), alertOf(heldBy('srm'), { environment: undefined })),
    ).toBe(true);
  });

  it('a process has no owner and no tags', () => {
    expect(wants(settings(), lost)).toBe(true);
    expect(wants(settings({ owners: ['ada'] }), lost)).toBe(false);
    expect(wants(settings({ tags: ['payments'] }), lost)).toBe(false);
  });

  it('a pager hears only what opens or closes an incident', () => {
    const pager = settings({ format: 'pagerduty' });
    expect([srm, lifted, lost].every((alert) => wants(pager, alert))).toBe(true);
    expect(wants(pager, alertOf(line('ramped', { data: { coverage: 5 } })))).toBe(false);
  });
});

describe('mute windows', () => {
  const nights = { cron: '0 22 * * *', time_zone: 'Europe/Berlin', duration: '9h' };
  const at = (time: string, code: string) => alertOf(heldBy(code, { at: Date.parse(time) }));

  it.each<[time: string, isOpen: boolean]>([
    ['2026-03-02T20:59:00Z', false],
    ['2026-03-02T21:00:00Z', true],
    ['2026-03-03T05:59:00Z', true],
    ['2026-03-03T06:00:00Z', false],
    // In summer, Berlin is an hour further ahead.
    ['2026-07-02T20:00:00Z', true],
  ])('at %s: %s', (time, isOpen) => {
    expect(isMuted(settings({ muted: [nights] }), at(time, 'stale_data'))).toBe(isOpen);
  });

  it('keep back what is critical only where they name it', () => {
    const critical = at('2026-03-02T23:00:00Z', 'srm');
    expect(isMuted(settings({ muted: [nights] }), critical)).toBe(false);
    expect(isMuted(settings({ muted: [{ ...nights, severities: ['critical'] }] }), critical)).toBe(true);
  });
});

describe('digests', () => {
  it('end with their period', () => {
    expect(digestAt('1h', AT + 1)).toBe(AT + 3_600_000);
    expect(digestAt('1h', AT)).toBe(AT + 3_600_000);
  });

  it('never keep back what is critical', () => {
    const hourly = settings({ digest: { every: '1h' } });
    expect(isDigested(hourly, alertOf(heldBy('stale_data')))).toBe(true);
    expect(isDigested(hourly, srm)).toBe(false);
    expect(isDigested(settings(), alertOf(heldBy('stale_data')))).toBe(false);
  });
});

describe('a webhook that is wrong is refused by its fields', () => {
  it.each<[field: string, body: object]>([
    ['url', { url: 'ftp://example.com' }],
    ['url', { url: 'https://name:password@example.com/' }],
    ['routing_key', { format: 'standard', routing_key: 'a'.repeat(32) }],
    ['routing_key', { format: 'pagerduty', routing_key: 'short' }],
    ['events.0', { format: 'pagerduty', events: ['ramped'] }],
    ['digest', { format: 'pagerduty', digest: { every: '1h' } }],
    ['digest.every', { digest: { every: '1s' } }],
    ['events.0', { events: ['nonsense'] }],
    ['severities.0', { severities: ['fatal'] }],
    ['to.0', { format: 'email', to: ['nobody'] }],
    ['to.0', { format: 'email', to: ['a@b.example\r\nBcc: c@d.example'] }],
    ['muted.0.cron', { muted: [{ cron: 'never', duration: '1h' }] }],
    ['muted.0.time_zone', { muted: [{ cron: '0 0 * * *', duration: '1h', time_zone: 'Mars/Base' }] }],
    ['muted.0.duration', { muted: [{ cron: '0 0 * * *', duration: 'long' }] }],
    ['quiet_for', { quiet_for: '2d' }],
  ])('%s of %o', (field, body) => {
    const result = webhookSchema.safeParse({ webhook_id: 'ops', ...body });
    expect(result.error?.issues.map(({ path }) => path.join('.'))).toEqual([field]);
  });
});
