import { useEffect, useState } from 'react';
import type { Definition } from './form.js';

export type Notation = 'json' | 'yaml';

/** `yaml` is loaded when somebody asks for it. */
async function written(definition: Definition, notation: Notation): Promise<string> {
  if (notation === 'json') return `${JSON.stringify(definition, null, 2)}\n`;
  return (await import('yaml')).stringify(definition);
}

/** JSON is YAML, too. @throws {Error} where the text is neither, or no object */
export async function readDefinition(text: string): Promise<Definition> {
  const trimmed = text.trim();
  const value = (
    trimmed.startsWith('{') ? JSON.parse(trimmed) : (await import('yaml')).parse(text)
  ) as unknown;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('a definition is an object with fields such as experiment_id');
  }
  return value as Definition;
}

interface Props {
  definition: Definition;
  notation: Notation;
  onChange: (definition: Definition) => void;
}

/** The definition as text, to be changed, copied or kept elsewhere. */
export function AsText({ definition, notation, onChange }: Props) {
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    let isCurrent = true;
    void written(definition, notation).then((one) => isCurrent && setText(one));
    return () => {
      isCurrent = false;
    };
    // What is typed here is not written anew under the hands of whoever types.
  }, [notation]);

  async function change(next: string): Promise<void> {
    setText(next);
    try {
      onChange(await readDefinition(next));
      setError(null);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
  }

  return (
    <section className="card as-text" aria-label={`The definition as ${notation.toUpperCase()}`}>
      <textarea
        aria-label={`Definition, ${notation.toUpperCase()}`}
        aria-invalid={error !== null}
        className={error === null ? 'input mono' : 'input mono bad'}
        spellCheck={false}
        rows={28}
        value={text ?? ''}
        onChange={(event) => void change(event.currentTarget.value)}
      />
      {error !== null && (
        <p className="error" role="status">
          Not taken over: {error}
        </p>
      )}
      <p className="hint">What you change here is taken over into the form as soon as it can be read.</p>
    </section>
  );
}

/** Hands the definition over as a file. */
export async function saveFile(definition: Definition, notation: Notation): Promise<void> {
  const blob = new Blob([await written(definition, notation)], { type: 'text/plain' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${String(definition['experiment_id']) || 'experiment'}.${notation}`;
  link.click();
  URL.revokeObjectURL(link.href);
}
