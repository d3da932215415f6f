import { Menu } from '@mantine/core';
import { useState } from 'react';
import type { Schemas } from '../api/client.js';
import { notHere } from '../session/not-here.js';
import { useSession, type Session } from '../session/use-session.js';
import { ActionButton } from '../ui/action-button.js';
import { Icon } from '../ui/icon.js';
import { Sheet } from '../ui/sheet.js';
import { ACTS } from '../words/commands.js';
import { CommandDialog } from './command-dialog.js';
import { CopyDialog } from './copy-dialog.js';
import { DeleteDialog } from './delete-dialog.js';
import { offeredFor, type ActName, type Offered } from './offered.js';
import { StartDialog } from './start-dialog.js';

type Experiment = Schemas['Experiment'];

/**
 * What may be asked of an experiment now: buttons and a menu, on a phone one sheet. Who may do none of it sees nothing.
 *
 * `barred` is why nothing may be asked for while this page is as it is; null where it may.
 */
export function CommandBar({ experiment, barred }: { experiment: Experiment; barred: string | null }) {
  const { session } = useSession();
  const [open, setOpen] = useState<ActName | 'list' | null>(null);
  const offered = offeredFor(experiment).filter(({ name }) => session.may.includes(actionOf(name)));
  // A dialog stays until it is closed: it tells what became of what was asked.
  if (offered.length === 0 && open === null) return null;
  const why_not = barred ?? notHere(session, experiment);
  const [head, more, end] = (['head', 'more', 'end'] as const).map((place) =>
    offered.filter((one) => one.place === place),
  ) as [Offered[], Offered[], Offered[]];
  const close = (): void => setOpen(null);
  return (
    <div className="acts">
      {head.map(({ name }, index) => (
        <span key={name} className="only-wide">
          <ActionButton
            kind={index === 0 && PROMPTING.includes(name) ? 'primary' : 'plain'}
            why_not={why_not}
            onClick={() => setOpen(name)}
          >
            {ACTS[name].text}
          </ActionButton>
        </span>
      ))}
      {more.length > 0 && (
        <span className="only-wide">
          <More offered={more} why_not={why_not} onChoose={setOpen} />
        </span>
      )}
      {head.length + more.length > 0 && (
        <span className="only-narrow">
          <ActionButton why_not={why_not} onClick={() => setOpen('list')}>
            Commands
          </ActionButton>
        </span>
      )}
      {end.map(({ name }) => (
        <span key={name}>
          <ActionButton kind="danger" why_not={why_not} onClick={() => setOpen(name)}>
            {ACTS[name].text}…
          </ActionButton>
        </span>
      ))}
      {open === 'list' && <List offered={[...head, ...more]} onChoose={setOpen} onClose={close} />}
      {open !== null && open !== 'list' && <Dialog experiment={experiment} name={open} onClose={close} />}
    </div>
  );
}

/** Somebody is asked for these. */
const PROMPTING: readonly ActName[] = ['start', 'approve', 'resume'];

function actionOf(name: ActName): Session['may'][number] {
  return name === 'copy' || name === 'delete' ? 'define' : 'command';
}

interface ChooseProps {
  offered: readonly Offered[];
  onChoose: (name: ActName) => void;
}

function More({ offered, onChoose, why_not }: ChooseProps & { why_not: string | null }) {
  const text = (
    <>
      More
      <Icon name="down" />
    </>
  );
  if (why_not !== null)
    return (
      <ActionButton why_not={why_not} onClick={() => undefined}>
        {text}
      </ActionButton>
    );
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className="btn">
          {text}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {offered.map(({ name }) => (
          <Menu.Item key={name} onClick={() => onChoose(name)}>
            {ACTS[name].text}
            <span className="menu-says">{ACTS[name].says}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function List({ offered, onChoose, onClose }: ChooseProps & { onClose: () => void }) {
  return (
    <Sheet title="Commands" onClose={onClose}>
      <ul className="command-list">
        {offered.map(({ name }) => (
          <li key={name}>
            <button type="button" onClick={() => onChoose(name)}>
              <b>{ACTS[name].text}</b>
              <span className="muted">{ACTS[name].says}</span>
            </button>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}

function Dialog({
  experiment,
  name,
  onClose,
}: {
  experiment: Experiment;
  name: ActName;
  onClose: () => void;
}) {
  const given = { experiment, onClose };
  if (name === 'start') return <StartDialog {...given} />;
  if (name === 'copy') return <CopyDialog {...given} />;
  if (name === 'delete') return <DeleteDialog {...given} />;
  return <CommandDialog {...given} name={name} />;
}
