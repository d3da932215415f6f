import type { Form } from './form.js';

// An unfinished form stays in this browser until it is saved or discarded.

const PLACE = 'rampart.new-experiment.1';

/** The unfinished form, with the fields that it lacks from an empty one; null where there is none. */
export function keptForm(empty: Form): Form | null {
  try {
    const text = localStorage.getItem(PLACE);
    if (text === null) return null;
    const kept = JSON.parse(text) as Partial<Form>;
    return Array.isArray(kept.arms) && kept.arms.length > 0 ? { ...empty, ...kept } : null;
  } catch {
    return null;
  }
}

/** Browsers may refuse to keep anything; then the form lives as long as its page. */
export function keepForm(form: Form | null): void {
  try {
    if (form === null) localStorage.removeItem(PLACE);
    else localStorage.setItem(PLACE, JSON.stringify(form));
  } catch {
    // It is a convenience.
  }
}
