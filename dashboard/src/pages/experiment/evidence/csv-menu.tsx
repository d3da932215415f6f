import { Menu } from '@mantine/core';
import { useState } from 'react';
import type { Schemas } from '../../../api/client.js';
import { seriesQuery } from '../../../api/queries.js';
import { queryClient } from '../../../app/query-client.js';
import { sentenceOf } from '../../../ui/answer.js';
import { Icon } from '../../../ui/icon.js';
import { fileTime, saveFile } from '../../../ui/save-file.js';
import { seriesUntil } from '../past/as-of.js';

interface Props {
  results: Schemas['Results'];
  plan: Schemas['Plan'];
  control: string;
  /** A past look is shown: what came after it is left out. */
  isPast: boolean;
}

/** So many looks a file has at most: as many as the API tells of at once. */
const MOST_LOOKS = 400;

/** The evidence as a file for spreadsheets: of the look that is shown, or look by look. */
export function CsvMenu({ results, plan, control, isPast }: Props) {
  const [error, setError] = useState<Error | null>(null);
  const save = (write: () => Promise<{ text: string; name: string }>) => (): void => {
    setError(null);
    write().then(
      ({ text, name }) => saveFile(`${name}.csv`, 'text/csv;charset=utf-8', text),
      (failed: unknown) => setError(failed instanceof Error ? failed : new Error('it could not be written')),
    );
  };
  const { experiment_id, at } = results;
  const ofLook = async () => {
    const { lookCsv } = await import('./csv.js');
    return {
      text: lookCsv(results, { plan, control }),
      name: `${experiment_id}-${fileTime(Date.parse(at))}`,
    };
  };
  const ofSeries = async () => {
    const { seriesCsv } = await import('./csv.js');
    const series = await queryClient.fetchQuery(seriesQuery(experiment_id, MOST_LOOKS));
    const shown = isPast ? seriesUntil(series, Date.parse(at)) : series;
    return { text: seriesCsv(shown, { plan, control }), name: `${experiment_id}-looks` };
  };
  return (
    <>
      <Menu position="bottom-start">
        <Menu.Target>
          <button type="button" className="btn">
            Download CSV
            <Icon name="down" />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={save(ofLook)}>
            This look
            <span className="menu-says">Every number of each metric and arm</span>
          </Menu.Item>
          <Menu.Item onClick={save(ofSeries)}>
            Look by look
            <span className="menu-says">Lift and limits at every look, at most {MOST_LOOKS}</span>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {error !== null && (
        <span className="is-hold" role="alert">
          {sentenceOf(error, 'the file')}
        </span>
      )}
    </>
  );
}
