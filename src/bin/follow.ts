import { setTimeout as sleep } from 'node:timers/promises';
import { Unreachable, type Api, type ApiAnswer } from './http.js';
import { isReadByPeople, show } from './output.js';
import { timelineSentence, type TimelineLine } from './timeline-sentence.js';

/** How often the API is asked for something new. */
const PERIOD_MS = 1_000;

export const stopPath = (id: string): string => `/v1/emergency-stops/${encodeURIComponent(id)}`;

/** Prints the progress of an emergency stop whenever it changes, and its report once nothing of it is open. */
export async function followStop(api: Api, id: string): Promise<number> {
  let printed = '';
  for (;;) {
    const report = await reportOf(api, id);
    const isReport = typeof report !== 'string';
    if (isReport && (report.status >= 400 || report.body['complete'] === true)) return show(report);
    const line = isReport ? progressOf(report.body) : report;
    if (line !== printed) process.stderr.write(`${line}\n`);
    printed = line;
    await sleep(PERIOD_MS);
  }
}

/** The report of an emergency stop, or why there is none at the moment: what is unreachable may come back. */
async function reportOf(api: Api, id: string): Promise<ApiAnswer | string> {
  try {
    const answer = await api.answer('GET', stopPath(id));
    return answer.status >= 500 ? `no report: ${String(answer.body['detail'])}` : answer;
  } catch (error) {
    if (error instanceof Unreachable) return error.message;
    throw error;
  }
}

interface ReportedInstance {
  instance_id: string;
  obeys: boolean;
  live: boolean;
}

function progressOf(report: Record<string, unknown>): string {
  const instances = report['instances'] as ReportedInstance[];
  const open = instances.filter(({ obeys }) => !obeys);
  const stateOf = ({ live }: ReportedInstance): string =>
    live ? 'does not obey yet' : 'is lost, and may serve what it had';
  return [
    `${String(report['acknowledged'])} of ${String(report['experiments'])} experiments rolled back`,
    `${instances.length - open.length} of ${instances.length} processes obey`,
    ...open.map((instance) => `${instance.instance_id} ${stateOf(instance)}`),
  ].join('; ');
}

/** The state is stored a moment before its lines: without the last line, wait for it this many rounds. */
const ROUNDS_FOR_LAST_LINE = 5;

/** Prints a line for everything that happens to an experiment, until it is over. */
export async function watchExperiment(api: Api, path: string): Promise<number> {
  let seen = 0;
  let quiet = 0;
  let hasEnded = false;
  for (;;) {
    const { status, body } = await api.answer('GET', `${path}/timeline?cursor=${seen}`);
    if (status >= 400) return show({ status, body });
    const lines = body['items'] as TimelineLine[];
    for (const line of lines) {
      seen = line.seq;
      const { stdout } = process;
      stdout.write(`${isReadByPeople(stdout) ? timelineSentence(line) : JSON.stringify(line)}\n`);
    }
    const { state } = await api.call('GET', path);
    hasEnded ||= lines.some(({ to }) => to === 'completed');
    quiet = state === 'completed' && lines.length === 0 ? quiet + 1 : 0;
    if (quiet >= (hasEnded ? 1 : ROUNDS_FOR_LAST_LINE)) return 0;
    await sleep(PERIOD_MS);
  }
}
