import { Link, useNavigate } from '@tanstack/react-router';
import { useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { useSession } from '../../session/use-session.js';
import { Pill } from '../../ui/pill.js';
import { Strip } from '../../ui/strip.js';
import { sentenceOf } from '../../ui/answer.js';
import { Arms } from './arms.js';
import { AsText, readDefinition, saveFile, type Notation } from './as-text.js';
import { NOTHING_ASSUMED, type Assumed } from './assumptions.js';
import { Audience } from './audience.js';
import { draftOf } from './form.js';
import type { FormState } from './form-state.js';
import { Metrics } from './metrics.js';
import { isAsWanted, oddsOf, type ScenarioOdds } from './odds.js';
import { PlanFields } from './plan.js';
import { PowerCard } from './power.js';
import { problemsOf, shownProblems, type Problems } from './problems.js';
import { LifeCard } from './life-card.js';
import { DaysCard, liftText, RehearsalCard } from './rehearsal.js';
import { StartBar, type Shortfall } from './start-bar.js';
import { useChecks, type Checks } from './use-checks.js';
import { useForm, type UseForm } from './use-form.js';
import { useRehearsal } from './use-rehearsal.js';
import { useSaving, type Saving } from './use-saving.js';
import { What } from './what.js';

const SCENARIOS = ['no_effect', 'effect', 'harm'] as const;
/** Fewer lives say too little to ask somebody to tick a box. */
const ENOUGH_LIVES = 100;

type View = 'form' | Notation;

/** The form, with what it would come to at its side. */
export function Editor() {
  const { session } = useSession();
  const its = useForm(session.environments?.[0] ?? null);
  const [assumed, setAssumed] = useState<Assumed>(NOTHING_ASSUMED);
  const checks = useChecks(its.form, session.actor.id, assumed);
  const rehearsal = useRehearsal(checks.launch, checks.options);
  const odds = useMemo(() => oddsOf(SCENARIOS, rehearsal.runs), [rehearsal.runs]);
  const saving = useSaving();
  const [view, setView] = useState<View>('form');
  const { launch } = checks;
  const true_lift = assumed.true_lift ?? launch?.policy.mde ?? 0;
  const assume = (part: Partial<Assumed>): void => setAssumed((now) => ({ ...now, ...part }));

  const refused = saving.refused?.problem.errors ?? [];
  const problems = problemsOf(
    [...checks.errors, ...refused.filter(({ path }) => !isTold(checks, path))],
    its.form,
  );
  const shown = shownProblems(problems, its.touched);
  const errorOf = (field: string): string | undefined => shown.fields[field]?.join(' ');

  return (
    <>
      <Head its={its} checks={checks} view={view} onView={setView} />
      <Refused saving={saving} />
      {/* What was refused for its fields says so by itself, and the fields say why. */}
      {(saving.refused === null || shown.summary.length > 0 || checks.validation.error) && (
        <Summary problems={shown} isUnanswered={checks.validation.error} />
      )}
      <form className="form-grid" noValidate onSubmit={(event) => event.preventDefault()}>
        <div className="grid">
          {view === 'form' ? (
            <Fields state={{ form: its.form, change: its.change, errorOf }} checks={checks} />
          ) : (
            <AsText key={view} definition={checks.definition} notation={view} onChange={its.take} />
          )}
        </div>
        <aside className="side" aria-label="What would come of it">
          <PowerCard query={checks.power} assumed={assumed} assume={assume} />
          <RehearsalCard {...{ launch, rehearsal, odds, assumed, assume }} />
          {launch && odds[1]!.runs > 0 && <DaysCard launch={launch} odds={odds[1]!} true_lift={true_lift} />}
          {launch && (
            <LifeCard
              key={rehearsal.key}
              launch={launch}
              runs={rehearsal.runs}
              task={SCENARIOS.indexOf('effect')}
              truth={`a true ${liftText(true_lift)}`}
            />
          )}
        </aside>
        <Finish
          its={its}
          checks={checks}
          saving={saving}
          problems={problems}
          shortfall={shortfallOf(checks, odds, true_lift)}
          plan={rehearsal.key}
          onForm={() => setView('form')}
        />
      </form>
    </>
  );
}

/** Whether a field's error is among those that the validation tells. */
function isTold({ errors }: Checks, path: string): boolean {
  return errors.some((error) => error.path === path);
}

function shortfallOf({ launch }: Checks, odds: readonly ScenarioOdds[], true_lift: number): Shortfall | null {
  const effect = odds[1]!;
  if (!launch || effect.runs < ENOUGH_LIVES) return null;
  const { shipped } = effect.odds;
  const wanted = launch.policy.power;
  return isAsWanted(shipped, wanted) ? null : { odds: shipped, wanted, true_lift };
}

function Fields({ state, checks: { validation } }: { state: FormState; checks: Checks }) {
  return (
    <>
      <What {...state} />
      <Arms {...state} />
      <Audience {...state} traffic={validation.data?.traffic ?? null} />
      <Metrics {...state} warnings={validation.data?.warnings ?? []} />
      <PlanFields {...state} />
    </>
  );
}

interface HeadProps {
  its: UseForm;
  checks: Checks;
  view: View;
  onView: (view: View) => void;
}

const VIEWS = [
  ['form', 'Form'],
  ['json', 'JSON'],
  ['yaml', 'YAML'],
] as const;

function Head({ its, checks, view, onView }: HeadProps) {
  const file = useRef<HTMLInputElement>(null);
  const [unread, setUnread] = useState<string | null>(null);
  async function open(chosen: File | undefined): Promise<void> {
    if (!chosen) return;
    try {
      its.take(await readDefinition(await chosen.text()));
      setUnread(null);
      onView('form');
    } catch (error) {
      setUnread(`${chosen.name} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return (
    <div>
      <p className="crumb">
        <Link to="/experiments">Experiments</Link>
      </p>
      <div className="head">
        <div className="title">
          <h1>New experiment</h1>
          {its.isBegun && (
            <>
              <Pill tone="plain" icon="wait">
                Draft, kept on this device
              </Pill>
              <button type="button" className="link muted" onClick={its.discard}>
                Discard
              </button>
            </>
          )}
        </div>
        <div className="acts">
          <button type="button" className="link" onClick={() => file.current?.click()}>
            Open a file
          </button>
          <input
            ref={file}
            type="file"
            hidden
            accept=".json,.yaml,.yml"
            onChange={(event) => {
              void open(event.currentTarget.files?.[0]);
              event.currentTarget.value = '';
            }}
          />
          <button
            type="button"
            className="link"
            onClick={() => void saveFile(checks.definition, view === 'yaml' ? 'yaml' : 'json')}
          >
            Save as a file
          </button>
          <span className="seg" role="group" aria-label="Show as">
            {VIEWS.map(([value, text]) => (
              <button key={value} type="button" aria-pressed={view === value} onClick={() => onView(value)}>
                {text}
              </button>
            ))}
          </span>
        </div>
      </div>
      {unread !== null && (
        <p className="error" role="alert">
          {unread}
        </p>
      )}
    </div>
  );
}

function Refused({ saving: { refused } }: { saving: Saving }) {
  if (refused === null) return null;
  const { problem, saved } = refused;
  const said: ReactNode =
    problem.status === 0
      ? 'The server did not answer: nobody knows whether it was saved. Try again.'
      : `${problem.detail}.`;
  return (
    <Strip tone="harm" icon="warn" urgent>
      <b>{saved === null ? 'It was not saved.' : 'It is saved as a draft, and was not started.'}</b> {said}{' '}
      {saved !== null && (
        <Link to="/experiments/$experiment_id/overview" params={{ experiment_id: saved }}>
          To the draft
        </Link>
      )}
    </Strip>
  );
}

function Summary({ problems, isUnanswered }: { problems: Problems; isUnanswered: Error | null }) {
  if (isUnanswered) {
    return (
      <Strip tone="hold" icon="clock">
        <b>It is not checked.</b> {sentenceOf(isUnanswered, 'the validation')}
      </Strip>
    );
  }
  if (problems.count === 0) return null;
  const fields = Object.entries(problems.fields);
  return (
    <Strip tone="harm" icon="warn">
      <b>
        {problems.count === 1 ? 'One thing must' : `${problems.count} things must`} be mended before it can
        start:
      </b>{' '}
      {[
        ...problems.summary,
        ...fields.flatMap(([field, messages]) =>
          messages.map((text) => `${nameOf(field)}: ${lowered(text)}`),
        ),
      ].join(' ')}
    </Strip>
  );
}

function lowered(text: string): string {
  return `${text[0]?.toLowerCase() ?? ''}${text.slice(1)}`;
}

const NAMES: Readonly<Record<string, string>> = {
  id: 'id',
  arms: 'arms',
  sample_size: 'people at most',
  layer_share: 'share of the layer',
  start: 'start',
  end: 'end',
  primary: 'primary metrics',
  guardrail: 'guardrails',
  secondary: 'secondaries',
};

function nameOf(field: string): string {
  const [group, index, part] = field.split('.');
  if (group === 'arms' && index !== undefined) return `arm ${Number(index) + 1}, ${part}`;
  return NAMES[field] ?? field;
}

interface FinishProps {
  its: UseForm;
  checks: Checks;
  saving: Saving;
  problems: Problems;
  shortfall: Shortfall | null;
  /** What was rehearsed. */
  plan: string | null;
  onForm: () => void;
}

/** What only a start would refuse keeps nobody from saving a draft. */
function Finish({ its, checks, saving, problems, shortfall, plan, onForm }: FinishProps) {
  const navigate = useNavigate();
  // What was ticked of one plan says nothing of another.
  const [ticked, setTicked] = useState<string | null>(null);
  const { definition, start } = checks;

  async function send(body: typeof definition, how: typeof start | null): Promise<void> {
    its.showAll();
    if (!(await saving.save(body, how))) return focusOnWrong();
    its.discard();
    const experiment_id = String(body['experiment_id']);
    await navigate({ to: '/experiments/$experiment_id/overview', params: { experiment_id } });
  }
  function begin(): void {
    if (problems.count === 0) return void send(definition, start);
    its.showAll();
    onForm();
    focusOnWrong();
  }
  return (
    <StartBar
      errors={problems.count}
      isChecked={checks.isChecked}
      validation={checks.validation}
      shortfall={shortfall}
      isTicked={ticked !== null && ticked === plan}
      onTick={(is) => setTicked(is ? plan : null)}
      saving={saving.is}
      onSave={() => void send(draftOf(definition, its.form, Date.now()), null)}
      onStart={begin}
    />
  );
}

/** To the first field that is wrong, once it is drawn as such; else to the top, where it is said. */
function focusOnWrong(): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const wrong = document.querySelector<HTMLElement>('.form-grid [aria-invalid="true"]');
      (wrong ?? document.getElementById('page'))?.focus();
      wrong?.scrollIntoView({ block: 'center' });
    }),
  );
}
