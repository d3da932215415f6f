import type { HoldCode } from '../lifecycle/state.js';
import type { Severity } from '../model/alert.js';

/** What each hold is to people: the severity of `held` and `lifted`, and its words. */
export const HOLD_ALERTS: Readonly<Record<HoldCode, { severity: Severity; says: string }>> = {
  no_traffic: { severity: 'warning', says: 'nobody was exposed yet' },
  stale_data: { severity: 'warning', says: 'no fresh events arrive' },
  anomaly: { severity: 'warning', says: 'something is not as usual' },
  srm: { severity: 'critical', says: 'arms lack their shares: something loses people' },
  crossover: { severity: 'critical', says: 'too many people saw two arms' },
  guardrail_suspect: {
    severity: 'critical',
    says: 'a guardrail looks worse, which is not proven; this lifts or rolls back by itself',
  },
  guardrail_blind: { severity: 'warning', says: 'a guardrail cannot be seen yet' },
  approval: { severity: 'warning', says: 'this step waits for a yes' },
  rejected: { severity: 'info', says: 'somebody said no to this step' },
  freeze_window: { severity: 'info', says: 'a freeze window is open' },
  fenced: { severity: 'info', says: 'an emergency stop is in force' },
  flag_off: { severity: 'warning', says: 'the flag is off' },
  recovered: { severity: 'critical', says: 'rebuilt after a loss: look at it, then resume' },
  fault: { severity: 'critical', says: 'the last look failed' },
};

/** A code that this release does not know, of a later one, is told as it is. */
export function holdAlert(code: string): { severity: Severity; says: string } {
  return code in HOLD_ALERTS ? HOLD_ALERTS[code as HoldCode] : { severity: 'warning', says: code };
}
