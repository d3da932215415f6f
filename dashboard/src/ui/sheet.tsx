import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { ActionButton } from './action-button.js';
import { Icon } from './icon.js';

interface Props {
  title: string;
  /** What it is about, in a sentence. */
  says?: ReactNode;
  onClose: () => void;
  children: ReactNode;
  /** The way back first, what it does last: the two stand apart. */
  footer?: ReactNode;
}

/** A dialog; on a phone a sheet from the bottom. It is there for as long as it is rendered. */
export function Sheet({ title, says, onClose, children, footer }: Props) {
  return (
    <Modal.Root
      opened
      onClose={onClose}
      centered
      size={560}
      transitionProps={{ duration: 0 }}
      classNames={{ inner: 'sheet-place', content: 'dialog sheet', overlay: 'sheet-scrim' }}
    >
      <Modal.Overlay />
      <Modal.Content>
        {/* Of the dialog, not of the page: readers of screens find no second banner. */}
        <header role="none">
          <Modal.Title>{title}</Modal.Title>
          <button type="button" className="icon-btn" aria-label="Close" onClick={onClose}>
            <Icon name="cross" />
          </button>
          {says !== undefined && <p className="muted">{says}</p>}
        </header>
        <div className="body">{children}</div>
        {footer !== undefined && <footer role="none">{footer}</footer>}
      </Modal.Content>
    </Modal.Root>
  );
}

/** Out of a sheet, without doing anything. */
export function Back({ onClick, children }: { onClick: () => void; children: string }) {
  return (
    <button type="button" className="btn" onClick={onClick}>
      {children}
    </button>
  );
}

interface FootProps {
  onClose: () => void;
  onDo: () => void;
  /** Why it cannot be done now; it stands beside the button. */
  why_not: string | null;
  kind: 'primary' | 'danger solid';
  /** The verb. */
  children: string;
}

/** The way back, and at the other end what does it. */
export function Foot({ onClose, onDo, why_not, kind, children }: FootProps) {
  return (
    <>
      <Back onClick={onClose}>Back</Back>
      {why_not !== null && (
        <span className="hint" aria-hidden="true">
          {why_not}
        </span>
      )}
      <ActionButton kind={kind} why_not={why_not} onClick={onDo}>
        {children}
      </ActionButton>
    </>
  );
}
