import type { Schemas } from '../../../api/client.js';
import { Band, BandTable, type BandLook } from '../../../pictures/band.js';
import { Figure } from '../../../pictures/figure.js';
import { useNow } from '../../../ui/age.js';
import { armIndex } from '../../../ui/arm.js';
import { Card } from '../../../ui/card.js';
import { change, count, lift, percent } from '../../../words/format.js';
import { liftWithInterval, type Scale } from './forest-rows.js';

interface Props {
  experiment: Schemas['Experiment'];
  plan: Schemas['Plan'];
  series: Schemas['Series'];
  of: { metric_id: string; variant: string };
  scale: Scale;
}

/** The confidence sequence of one metric and treatment over the looks, each epoch by itself. */
export function MetricBand({ experiment, plan, series, of, scale: chosen }: Props) {
  const now = useNow();
  const one = series.series.find(
    ({ metric_id, variant }) => metric_id === of.metric_id && variant === of.variant,
  );
  if (!one) return null;
  // A quantile that guards has a difference and no lift.
  const scale = one.lift.some((value) => value !== null) ? chosen : 'absolute';
  const format = scale === 'relative' ? lift : change;
  const known = plan.metrics.find(({ metric_id }) => metric_id === of.metric_id);
  const isPrimary = known?.role === 'primary';
  const horizon = plan.stages.find(({ kind }) => kind === 'run')?.until ?? null;
  const margin = known?.margin == null ? null : known.direction === 'increase' ? -known.margin : known.margin;
  return series.epochs.map(({ epoch, kind }) => {
    const looks = looksOf(series, one, epoch, scale);
    const last = looks.at(-1);
    const isFirst = epoch === 0;
    const title = last
      ? `${of.metric_id}, ${of.variant}: ${scale === 'relative' ? liftWithInterval(last.value, last.lower, last.upper) : change(last.value)}`
      : of.metric_id;
    return (
      <Card key={epoch} title={isFirst ? 'From look to look' : 'The roll-out, with fresh evidence'}>
        <Figure
          title={title}
          how={`${kind === 'experiment' ? 'Against the control' : 'The winner against the holdback'}; ${count(looks.length)} of ${count(series.looks_in_all)} looks drawn.${
            isPrimary && plan.thresholds.tests > 1
              ? ` ${plan.thresholds.tests} tests share the error: a clear band alone does not decide.`
              : ''
          }`}
          table={<BandTable looks={looks} format={format} now={now} />}
        >
          {(width) => (
            <Band
              label={title}
              looks={looks}
              arm={armIndex(experiment.variants, experiment.control, of.variant)}
              width={width}
              format={format}
              mde={scale === 'relative' && isPrimary ? plan.thresholds.mde : null}
              margin={scale === 'relative' ? margin : null}
              steps={isFirst ? stepsOf(plan) : []}
              horizon={isFirst && horizon !== null ? Date.parse(horizon) : null}
              now={now}
              level={`${(1 - plan.thresholds.alpha.interim) * 100} %`}
            />
          )}
        </Figure>
      </Card>
    );
  });
}

type One = Schemas['Series']['series'][number];

function looksOf({ looks }: Schemas['Series'], one: One, epoch: number, scale: Scale): BandLook[] {
  const [value, lower, upper] =
    scale === 'relative'
      ? [one.lift, one.lower, one.upper]
      : [one.difference, one.difference_lower, one.difference_upper];
  return looks.flatMap((look, index) =>
    look.epoch !== epoch
      ? []
      : [
          {
            at: Date.parse(look.at),
            value: value[index] ?? null,
            lower: lower[index] ?? null,
            upper: upper[index] ?? null,
            units: Object.values(look.units).reduce((sum, n) => sum + n, 0),
          },
        ],
  );
}

function stepsOf(plan: Schemas['Plan']): { at: number; text: string }[] {
  return plan.stages
    .filter(
      ({ kind, from, status }) =>
        (kind === 'ramp' || kind === 'run') && from !== null && (status === 'done' || status === 'now'),
    )
    .map(({ from, coverage }) => ({ at: Date.parse(from!), text: percent(coverage) }));
}
