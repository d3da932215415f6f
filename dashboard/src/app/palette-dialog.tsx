import { Modal } from '@mantine/core';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { Icon } from '../ui/icon.js';
import { matching, type Entry } from './found.js';
import { useEntries } from './use-entries.js';

interface Props {
  onClose(): void;
  onShowKeys(): void;
}

/** One line to write in, and what it finds. The keys move a choice; the focus stays in the line. */
export function PaletteDialog({ onClose, onShowKeys }: Props) {
  const [written, setWritten] = useState('');
  const [chosen, setChosen] = useState(0);
  const { entries, isLoading } = useEntries(onShowKeys);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const found = matching(entries, written);
  const at = Math.min(chosen, found.length - 1);

  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [at]);

  function run(entry: Entry | undefined): void {
    if (!entry) return;
    onClose();
    entry.run();
  }

  function onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setChosen((at + step + found.length) % found.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(found[at]);
    }
  }

  return (
    <Modal.Root opened onClose={onClose} size={560} yOffset="10vh" transitionProps={{ duration: 0 }}>
      <Modal.Overlay />
      <Modal.Content aria-label="Find or do">
        <div className="palette">
          <div className="palette-line">
            <Icon name="search" />
            <input
              data-autofocus
              role="combobox"
              aria-label="Find an experiment, a flag, a page, or something to do"
              aria-expanded={found.length > 0}
              aria-controls={`${id}-list`}
              aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
              aria-autocomplete="list"
              placeholder="Find or do"
              value={written}
              onChange={(event) => {
                setWritten(event.currentTarget.value);
                setChosen(0);
              }}
              onKeyDown={onKey}
            />
          </div>
          <ul id={`${id}-list`} role="listbox" aria-label="Found" ref={list}>
            {found.map((entry, index) => (
              <li
                key={entry.key}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === at}
                onClick={() => run(entry)}
                onPointerMove={() => setChosen(index)}
              >
                <Icon name={entry.icon} className="muted" />
                <span>{entry.text}</span>
                <span className="muted small">{entry.note}</span>
              </li>
            ))}
          </ul>
          <p className="palette-foot small muted" role="status">
            {statusText(found.length, isLoading)}
          </p>
        </div>
      </Modal.Content>
    </Modal.Root>
  );
}

function statusText(found: number, isLoading: boolean): string {
  if (isLoading) return 'Asking for names…';
  if (found === 0) return 'Nothing has a name like that.';
  return `${found} found. ↓ ↑ choose, Enter opens, Esc closes.`;
}
