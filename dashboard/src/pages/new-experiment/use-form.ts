import { useCallback, useEffect, useMemo, useState } from 'react';
import type { FormState } from './form-state.js';
import { emptyForm, formOf, type Definition, type Form } from './form.js';
import { keepForm, keptForm } from './kept-draft.js';

export interface UseForm extends Omit<FormState, 'errorOf'> {
  /** The fields whose errors are shown. */
  touched: ReadonlySet<string> | 'all';
  /** Whether anything was typed that is not saved. */
  isBegun: boolean;
  showAll: () => void;
  take: (definition: Definition) => void;
  discard: () => void;
}

/** The form, which this browser keeps until it is saved or discarded. */
export function useForm(environment: string | null): UseForm {
  const empty = useMemo(() => emptyForm(environment), [environment]);
  const [form, setForm] = useState<Form>(() => keptForm(empty) ?? empty);
  const [isBegun, setIsBegun] = useState(() => keptForm(empty) !== null);
  const [touched, setTouched] = useState<ReadonlySet<string> | 'all'>(new Set<string>());

  useEffect(() => keepForm(isBegun ? form : null), [form, isBegun]);

  const change = useCallback((field: string, part: Partial<Form>) => {
    setForm((now) => ({ ...now, ...part }));
    setIsBegun(true);
    // The id follows the name: what is wrong with it is seen while the name is typed.
    const also = field === 'name' ? [field, 'id'] : [field, field.split('.')[0]!];
    setTouched((now) => (now === 'all' ? now : new Set([...now, ...also])));
  }, []);

  return {
    form,
    change,
    touched,
    isBegun,
    showAll: useCallback(() => setTouched('all'), []),
    take: useCallback((definition: Definition) => {
      setForm((before) => formOf(definition, before));
      setIsBegun(true);
      setTouched('all');
    }, []),
    discard: useCallback(() => {
      setForm(empty);
      setIsBegun(false);
      setTouched(new Set<string>());
    }, [empty]),
  };
}
