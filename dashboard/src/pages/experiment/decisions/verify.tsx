import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { Certificate } from '../../../../../src/certificates/certificate.js';
import { certificateQuery } from '../../../api/history.js';
import { queryClient } from '../../../app/query-client.js';
import { askEngine } from '../../../certificates/ask.js';
import type { Verdict } from '../../../certificates/verdict.js';
import { sentenceOf } from '../../../ui/answer.js';
import { Card } from '../../../ui/card.js';
import { Icon } from '../../../ui/icon.js';
import { decisionTitle, type DecisionLine } from './decision-rows.js';

interface Props {
  experiment_id: string;
  decision: DecisionLine;
}

/** Of a long chain, so many links before the decision are asked for. */
const MOST_LINKS = 50;
/** So many certificates are asked for at once. */
const AT_ONCE = 4;

interface Done {
  verdict: Verdict;
  took_ms: number;
}

/** Takes the decision again in this browser, and says what differs. */
export function Verify({ experiment_id, decision }: Props) {
  const { n } = decision;
  const [isAsked, setIsAsked] = useState(false);
  const query = useQuery({
    queryKey: ['verdict', experiment_id, n],
    queryFn: () => verify(experiment_id, n),
    enabled: isAsked,
    gcTime: 0,
    retry: false,
  });
  const again = () => void (isAsked ? query.refetch() : setIsAsked(true));
  const { data, error, isFetching } = query;
  return (
    <Card
      title="Verify"
      age={data && <span className="age">in this browser, {(data.took_ms / 1000).toFixed(1)} s</span>}
      tools={
        data && (
          <button type="button" className="link" onClick={again} disabled={isFetching}>
            Again
          </button>
        )
      }
    >
      {data === undefined && (
        <div className="toolbar">
          <button type="button" className="btn" onClick={again} disabled={isFetching}>
            {isFetching ? 'Computing…' : 'Verify'}
          </button>
          <span className="muted">
            Computes the evidence from the sums again, and takes the decision again, in this browser.
          </span>
        </div>
      )}
      <div aria-live="polite">
        {error !== null && <p className="is-hold">{sentenceOf(error, 'the certificate')}</p>}
        {data && <Found done={data} decision={decision} />}
      </div>
    </Card>
  );
}

async function verify(experiment_id: string, n: number): Promise<Done> {
  const started = performance.now();
  const first = Math.max(1, n - MOST_LINKS);
  const numbers = Array.from({ length: n - first }, (_, index) => first + index);
  const earlier: Certificate[] = [];
  for (let at = 0; at < numbers.length; at += AT_ONCE) {
    const some = numbers.slice(at, at + AT_ONCE).map((one) => fetched(experiment_id, one));
    earlier.push(...(await Promise.all(some)));
  }
  const certificate = await fetched(experiment_id, n);
  const verdict = await askEngine({ kind: 'verify', certificate, earlier });
  return { verdict, took_ms: performance.now() - started };
}

async function fetched(experiment_id: string, n: number): Promise<Certificate> {
  const answer: unknown = await queryClient.fetchQuery({
    ...certificateQuery(experiment_id, n),
    staleTime: 0,
  });
  return answer as Certificate;
}

function Found({ done: { verdict }, decision }: { done: Done; decision: DecisionLine }) {
  const { findings, recomputed, differences, exact, comparisons, hash, links } = verdict;
  const of = (...codes: string[]) => findings.filter(({ code }) => codes.includes(code));
  const [evidence, taken, hashes, chain] = [of('evidence'), of('decision'), of('hash'), of('chain')];
  const engine = of('engine_version', 'not_a_certificate');
  return (
    <>
      <p className="verdict">
        {findings.length === 0 ? (
          <>
            <b>The certificate holds.</b>{' '}
            <span className="muted">
              {recomputed
                ? 'Evidence and decision were computed anew from the sums, by the published rules.'
                : 'A person decided, so there is nothing to compute; hash and chain are as they must be.'}
            </span>
          </>
        ) : (
          <b className="is-harm">
            The certificate does not hold: {findings.map(({ text }) => text).join('; ')}.
          </b>
        )}
      </p>
      <ul className="checks verified">
        <Check name="Evidence" isGood={evidence.length === 0} isAsked={recomputed} aside="same">
          {evidence.length > 0 ? (
            <Differences texts={differences.length > 0 ? differences : evidence.map(({ text }) => text)} />
          ) : recomputed ? (
            `all numbers of ${comparisons} comparisons are equal${exact ? '' : ' to nine digits; this browser rounds the last ones differently'}`
          ) : (
            (engine[0]?.text ?? 'a person decided')
          )}
        </Check>
        <Check name="Decision" isGood={taken.length === 0} isAsked={recomputed} aside="same">
          {taken.length > 0
            ? `${taken.map(({ text }) => text).join('; ')}; the certificate says ${decision.decision} by row ${decision.row}`
            : `${decisionTitle(decision)}, row ${decision.row}`}
        </Check>
        <Check name="Hash" isGood={hashes.length === 0} isAsked aside="SHA-256">
          <code>{short(hash)}</code>
          {hashes.length > 0 && ` follows from its content, and it says ${short(decision.certificate_hash)}`}
        </Check>
        <Check name="Chain" isGood={chain.length === 0} isAsked aside={`${links} of ${decision.n}`}>
          {chain.length > 0
            ? chain.map(({ text }) => text).join('; ')
            : decision.n === 1
              ? 'it is the first one'
              : `names the hash of decision ${decision.n - 1}, back to ${decision.n - links + 1}`}
        </Check>
      </ul>
    </>
  );
}

interface CheckProps {
  name: string;
  isGood: boolean;
  isAsked: boolean;
  aside: string;
  children: ReactNode;
}

function Check({ name, isGood, isAsked, aside, children }: CheckProps) {
  const icon = !isGood ? 'cross' : isAsked ? 'check' : 'none';
  return (
    <li>
      <Icon name={icon} className={isGood ? '' : 'is-harm'} />
      <span>
        {name}
        <span className="sub">{children}</span>
      </span>
      <span className={isGood ? 'muted' : 'is-harm'}>
        {isGood ? (isAsked ? aside : 'not asked') : 'differs'}
      </span>
    </li>
  );
}

function Differences({ texts }: { texts: readonly string[] }) {
  return (
    <>
      {texts.map((text) => (
        <span key={text} className="difference">
          {text}
        </span>
      ))}
    </>
  );
}

/** `9c41 77d0 … 03b8 e07a` */
function short(hash: string): string {
  return `${hash.slice(0, 4)} ${hash.slice(4, 8)} … ${hash.slice(-8, -4)} ${hash.slice(-4)}`;
}
