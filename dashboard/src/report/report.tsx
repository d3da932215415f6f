import type { ReactNode } from 'react';
import type { Schemas } from '../api/client.js';
import type { WalkedRow } from '../certificates/walk.js';
import { decisionTitle, type DecisionLine } from '../pages/experiment/decisions/decision-rows.js';
import { Reasons } from '../pages/experiment/decisions/reasons.js';
import { DecisionTable } from '../pages/experiment/decisions/table.js';
import { EvidenceTable } from '../pages/experiment/evidence/evidence-table.js';
import { ForestFigure } from '../pages/experiment/evidence/forest-figure.js';
import { groupsOf } from '../pages/experiment/evidence/forest-rows.js';
import { MetricBand } from '../pages/experiment/evidence/metric-band.js';
import { SegmentTable } from '../pages/experiment/evidence/segment-table.js';
import { heterogeneityFinding, untoldText, type Of } from '../pages/experiment/evidence/segment-rows.js';
import { OneSegment } from '../pages/experiment/evidence/segments.js';
import { Bars } from '../pages/experiment/guardrails/bars.js';
import { ArmsTable } from '../pages/experiment/overview/arms-table.js';
import { Figure } from '../pictures/figure.js';
import { Ramp, RampTable } from '../pictures/ramp.js';
import { StoppedClock } from '../ui/age.js';
import { Card } from '../ui/card.js';
import { PaperContext } from '../ui/paper.js';
import { Pill } from '../ui/pill.js';
import { TableScroll } from '../ui/table-scroll.js';
import { count } from '../words/format.js';
import { standing, standingSentence } from '../words/state.js';
import { exactTime, shortTime, zoneName } from '../words/times.js';
import { base64Of } from './base64.js';

/** All that a report tells. */
export interface Reported {
  experiment: Schemas['Experiment'];
  results: Schemas['Results'];
  plan: Schemas['Plan'];
  series: Schemas['Series'];
  /** The newest first, up to the look; not all where there were very many. */
  decisions: readonly DecisionLine[];
  /** Their certificates, the oldest first: exactly as the API gave them, as one JSON list. */
  certificates: string;
  /** How the table was walked through for the last decision; null where it cannot be. */
  walked: WalkedRow[] | null;
  /** The report is of a look of the past. */
  isPast: boolean;
  /** When it is made, ms since the epoch. */
  made_at: number;
  version: string;
  /** Of the server that it was made from. */
  origin: string;
}

/** Pictures are drawn for a screen, a phone and a printed page, so that their words are of a good size on each. px */
const WIDTHS: Widths = { 'on-wide': 950, 'on-narrow': 330, 'on-print': 690 };
/** Of pictures that have words beside them. */
const BESIDE_WORDS: Widths = { 'on-wide': 700, 'on-narrow': 330, 'on-print': 440 };

type Widths = Record<'on-wide' | 'on-narrow' | 'on-print', number>;

/** Times are told as from this far away, so that each has its date: a report is read later. ms */
const FAR_MS = 30 * 86_400_000;

/** A report of an experiment: one file, which needs nothing else and runs nothing. */
export function Report({ styles, ...reported }: Reported & { styles: string }) {
  const { experiment, results, made_at } = reported;
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta httpEquiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <title>{`${nameOf(experiment)}: report of ${exactTime(Date.parse(results.at))}`}</title>
        <style dangerouslySetInnerHTML={{ __html: styles }} />
      </head>
      <body>
        <PaperContext value={WIDTHS['on-wide']}>
          <StoppedClock now={made_at + FAR_MS}>
            <main className="report">
              <Head {...reported} />
              <Life {...reported} />
              <Evidence {...reported} />
              <Decided {...reported} />
              <Certificates {...reported} />
            </main>
          </StoppedClock>
        </PaperContext>
      </body>
    </html>
  );
}

function nameOf({ name, experiment_id }: Schemas['Experiment']): string {
  return name ?? experiment_id;
}

/** The same pictures in each width. */
function Drawn({ widths = WIDTHS, children }: { widths?: Widths; children: ReactNode }) {
  return Object.entries(widths).map(([name, width]) => (
    <div key={name} className={name}>
      <PaperContext value={width}>{children}</PaperContext>
    </div>
  ));
}

function Head({ experiment, results, isPast, made_at, version, origin }: Reported) {
  const { experiment_id, hypothesis, owner, policy } = experiment;
  const { text, icon, tone } = standing(experiment);
  const units = Object.values(results.units).reduce((sum, n) => sum + n, 0);
  const facts: [string, ReactNode][] = [
    ['Experiment', <code key="id">{experiment_id}</code>],
    ['Owner', owner],
    ['Policy', `${policy.id}${policy.version === null ? '' : `, version ${policy.version}`}`],
    ['Hypothesis', hypothesis],
    ['Evidence as of', `${exactTime(Date.parse(results.at))}, ${count(units)} units`],
    ['Made', `${exactTime(made_at)} from ${origin}, Rampart ${version}`],
    ['Times', `in ${zoneName(made_at)}`],
  ];
  return (
    <header>
      <h1>{nameOf(experiment)}</h1>
      {isPast ? (
        <p>
          <b>As of a past look.</b> What was known and decided then; not how it stands since.
        </p>
      ) : (
        <p>
          <Pill tone={tone} icon={icon}>
            {text}
          </Pill>{' '}
          {standingSentence(experiment)}
        </p>
      )}
      <dl>
        {facts
          .filter(([, fact]) => fact !== undefined)
          .map(([name, fact]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{fact}</dd>
            </div>
          ))}
      </dl>
    </header>
  );
}

function Life({ plan, results, isPast, made_at }: Reported) {
  const { stages, interruptions } = plan;
  const now = isPast ? Date.parse(results.at) : made_at;
  const tell = (at: number): string => shortTime(at, made_at + FAR_MS);
  return (
    <Card title="How it went">
      <Drawn>
        <Figure
          title={isPast ? 'How far it had come' : 'The stages of its life'}
          how="Columns are stages, not to scale in time; height is the root of the share"
          table={null}
        >
          {(width) => <Ramp {...{ stages, interruptions, now, width, tell }} />}
        </Figure>
      </Drawn>
      <TableScroll label="The stages">
        <RampTable {...{ stages, now, tell }} />
      </TableScroll>
    </Card>
  );
}

function Evidence({ experiment, results, plan, series, isPast }: Reported) {
  const scale = 'relative';
  const isOver = experiment.state === 'completed' && !isPast;
  const groups = groupsOf({ experiment, results, plan, scale, isOver });
  const primaries = results.evidence.metrics.filter(({ role }) => role === 'primary');
  const bands = primaries.flatMap(({ metric_id, comparisons }) =>
    comparisons.map(({ variant }) => ({ metric_id, variant })),
  );
  return (
    <>
      <Card title="The arms" flush>
        <ArmsTable experiment={experiment} results={results} />
      </Card>
      <Card title="The evidence">
        <Drawn>
          <ForestFigure {...{ experiment, results, plan, scale, groups }} />
        </Drawn>
        <TableScroll label="Every metric">
          <EvidenceTable results={results} experiment={experiment} />
        </TableScroll>
      </Card>
      {bands.map((of) => (
        <Drawn key={`${of.metric_id} ${of.variant}`}>
          <MetricBand {...{ experiment, plan, series, of, scale }} />
        </Drawn>
      ))}
      {results.evidence.metrics.some(({ role }) => role === 'guardrail') && (
        <Drawn widths={BESIDE_WORDS}>
          <Bars experiment={experiment} results={results} plan={plan} />
        </Drawn>
      )}
      <BySegment {...{ experiment, results, plan, scale }} primaries={bands} />
    </>
  );
}

interface BySegmentProps {
  experiment: Schemas['Experiment'];
  results: Schemas['Results'];
  plan: Schemas['Plan'];
  scale: 'relative';
  primaries: readonly Of[];
}

/** What the units of each segment did. Nothing where the experiment has none. */
function BySegment({ primaries, ...shown }: BySegmentProps) {
  const { experiment, results } = shown;
  if (results.segments.length === 0) return null;
  const untold = untoldText(results);
  return (
    <Card title="By segment, explored">
      {results.segments.map((result) => (
        <Drawn key={result.segment}>
          <OneSegment {...shown} result={result} />
        </Drawn>
      ))}
      {primaries.map((of) => (
        <div key={`${of.metric_id} ${of.variant}`}>
          <h3>{heterogeneityFinding(results, of)}</h3>
          <TableScroll label={`${of.metric_id} of ${of.variant} by segment`}>
            <SegmentTable results={results} control={experiment.control} of={of} />
          </TableScroll>
        </div>
      ))}
      {untold !== null && <p className="small muted">{untold}</p>}
    </Card>
  );
}

function Decided({ decisions, results, plan, walked, experiment: { policy } }: Reported) {
  const decision = decisions.find(({ n }) => n === results.decision_n) ?? decisions[0];
  if (!decision) return null;
  const version = policy.version === null ? '' : `, version ${policy.version}`;
  return (
    <>
      <h2>
        Decision {decision.n}: {decisionTitle(decision)}
      </h2>
      <Reasons decision={decision} units={null} tests={plan.thresholds.tests} />
      <DecisionTable
        decision={decision}
        walked={{ data: walked, error: null }}
        policy={`Policy ${policy.id}${version}, as at the start`}
      />
    </>
  );
}

function Certificates({ experiment: { experiment_id }, decisions, certificates }: Reported) {
  const file = `${experiment_id}-certificates.json`;
  const [newest] = decisions;
  if (newest === undefined) return null;
  // They are numbered from 1.
  const which =
    decisions.length < newest.n
      ? `newest ${count(decisions.length)} of ${count(newest.n)} decisions`
      : `${count(decisions.length)} decisions`;
  return (
    <Card title={`The ${which}, and their certificates`}>
      <p>
        <a download={file} href={`data:application/json;base64,${base64Of(certificates)}`}>
          Save all certificates as {file}
        </a>{' '}
        and check them, without a server: <code>rampart verify {file}</code>. It computes each decision again
        from its sums, and the chain of hashes.
      </p>
      <TableScroll label="The decisions">
        <table className="t stack">
          <thead>
            <tr>
              <th className="num">Decision</th>
              <th>When</th>
              <th>What</th>
              <th className="num">Row</th>
              <th>Hash (SHA-256)</th>
            </tr>
          </thead>
          <tbody>
            {[...decisions].reverse().map((decision) => (
              <tr key={decision.n}>
                <td className="num">{decision.n}</td>
                <td data-l="When">{exactTime(Date.parse(decision.at))}</td>
                <td data-l="What">{decisionTitle(decision)}</td>
                <td className="num" data-l="Row">
                  {decision.row}
                </td>
                <td data-l="Hash">
                  <code className="hash">{decision.certificate_hash}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </Card>
  );
}
