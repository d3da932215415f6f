import type { ReactNode } from 'react';
import type { ProblemDocument } from '../api/client.js';
import { Strip } from '../ui/strip.js';
import { asSentence } from '../words/format.js';

interface Props {
  problem: ProblemDocument;
  /** The same from a shell, where there is a line for it. */
  shell?: string;
}

/** Nobody knows whether it was carried out. */
export function NotConfirmed({ problem, shell }: Props) {
  return (
    <>
      <Strip tone="harm" icon="unknown" urgent>
        <b>NOT CONFIRMED.</b> {asSentence(problem.detail)} It may have been carried out, or not.
        <div>Repeat sends the same key, so it is never carried out twice.</div>
      </Strip>
      {shell !== undefined && <ShellLine>{shell}</ShellLine>}
    </>
  );
}

/** A line for a shell, whole, so that it can be copied. */
export function ShellLine({
  label = 'The same from any shell',
  children,
}: {
  label?: string;
  children: string;
}) {
  return (
    <div className="field">
      <span className="label">{label}</span>
      <code className="shell-line">{children}</code>
    </div>
  );
}

/** Why the API refused, in its own words, which name the remedy. */
export function Refused({ problem, children }: { problem: ProblemDocument; children?: ReactNode }) {
  return (
    <Strip tone="hold" icon="lock" urgent>
      <b>Refused.</b> {asSentence(problem.detail)}
      {children}
    </Strip>
  );
}
