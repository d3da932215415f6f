import { fileTime, saveFile } from '../ui/save-file.js';
import { gather } from './gather.js';
import { reportHtml } from './html.js';
import { STYLES } from './styles.js';

interface Asked {
  experiment_id: string;
  /** Undefined: as it is now. */
  look: string | undefined;
  /** The server's time, ms since the epoch. */
  now: number;
  version: string;
}

/** Makes a report in this browser, from what the API says, and saves it as one file. False where there is nothing to tell. */
export async function downloadReport({ experiment_id, look, now, version }: Asked): Promise<boolean> {
  const gathered = await gather(experiment_id, look);
  if (gathered === null) return false;
  const html = reportHtml({ ...gathered, made_at: now, version, origin: location.host }, STYLES);
  const name = `${experiment_id}-${fileTime(Date.parse(gathered.results.at))}.html`;
  saveFile(name, 'text/html;charset=utf-8', html);
  return true;
}
