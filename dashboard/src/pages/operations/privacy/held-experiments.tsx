import { Link } from '@tanstack/react-router';
import type { ExportedUnit } from '../../../api/privacy.js';
import { Time } from '../../../ui/age.js';

interface Row {
  experiment_id: string;
  what: string;
  at: string | null;
}

/** Where a unit is, or was put by a person. */
export function HeldExperiments({ held }: { held: ExportedUnit }) {
  return (
    <table className="t stack">
      <thead>
        <tr>
          <th scope="col">Experiment</th>
          <th scope="col">What is held</th>
          <th scope="col">Since</th>
        </tr>
      </thead>
      <tbody>
        {rowsOf(held).map(({ experiment_id, what, at }, index) => (
          <tr key={index}>
            <td>
              <Link to="/experiments/$experiment_id" params={{ experiment_id }}>
                {experiment_id}
              </Link>
            </td>
            <td data-l="What is held">{what}</td>
            <td data-l="Since">{at === null ? '–' : <Time at={at} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function rowsOf({ experiments, exclusions, overrides }: ExportedUnit): Row[] {
  return [
    ...experiments.map(({ experiment_id, variant, first_exposure_at, excluded, epochs }) => ({
      experiment_id,
      what: [
        variant === null ? 'counts in no arm' : `in the arm ${variant}`,
        ...(excluded ? ['taken out of the analysis'] : []),
        ...(epochs.some(({ crossed_over }) => crossed_over) ? ['seen in a second arm'] : []),
      ].join(', '),
      at: first_exposure_at,
    })),
    ...exclusions.map(({ experiment_id, reason, at }) => ({
      ...{ experiment_id, at },
      what: `excluded by a person: ${reason}`,
    })),
    ...overrides.map(({ experiment_id, variant, at }) => ({
      ...{ experiment_id, at },
      what: `given the arm ${variant} by a person`,
    })),
  ];
}
