import type { CommandBody } from './calls.js';
import type { CommandName } from './offered.js';

/** What somebody has typed into the dialog of a command. */
export interface Draft {
  reason: string;
  coverage: string;
  variant: string;
  /** Of an input for local times. */
  end: string;
}

export const EMPTY: Draft = { reason: '', coverage: '', variant: '', end: '' };

/** The fields of each command but its reason, which every one takes. */
export const FIELD_OF: Partial<Record<CommandName, 'coverage' | 'variant' | 'end'>> = {
  ramp: 'coverage',
  drop: 'variant',
  conclude: 'variant',
  extend: 'end',
};

const WANT_REASON: readonly CommandName[] = ['drop', 'conclude', 'reject', 'stop'];

export function wantsReason(name: CommandName): boolean {
  return WANT_REASON.includes(name);
}

const LACKS = { coverage: 'Say how many per cent.', variant: 'Choose an arm.', end: 'Choose a time.' };

/** What must be filled in before the command can be given; null where nothing lacks. */
export function lackOf(name: CommandName, draft: Draft): string | null {
  const field = FIELD_OF[name];
  if (field !== undefined && fieldsOf(name, draft) === null) return LACKS[field];
  return wantsReason(name) && draft.reason.trim() === '' ? 'Give a reason.' : null;
}

/** The body, as far as it is filled in; null where a field of the command lacks. */
export function bodyIn(name: CommandName, draft: Draft): CommandBody | null {
  const fields = fieldsOf(name, draft);
  const reason = draft.reason.trim();
  return fields && { ...fields, ...(reason !== '' && { reason }) };
}

/** A preview is the same for every reason: it is not asked for again while somebody types one. */
export function previewBody(name: CommandName, draft: Draft): CommandBody | null {
  const fields = fieldsOf(name, draft);
  return fields && { ...fields, ...(wantsReason(name) && { reason: 'preview' }) };
}

function fieldsOf(name: CommandName, { coverage, variant, end }: Draft): CommandBody | null {
  switch (FIELD_OF[name]) {
    case 'coverage':
      return coverage.trim() === '' || !Number.isFinite(Number(coverage))
        ? null
        : { coverage: Number(coverage) };
    case 'variant':
      return variant === '' ? null : { variant };
    case 'end':
      return Number.isNaN(Date.parse(end)) ? null : { end_date: new Date(end).toISOString() };
    case undefined:
      return {};
  }
}
