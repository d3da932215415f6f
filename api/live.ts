import type { Request, RequestHandler, Response } from 'express';
import { failure } from '../src/errors.js';
import { parse } from '../src/validation.js';
import type { ChangeNotice } from '../src/operations/change-feed.js';
import { authorise, type Caller } from './auth.js';
import type { ApiContext } from './context.js';
import { isVisible } from './environments.js';
import { identify } from './identify.js';
import type { Locals } from './mount.js';
import { NO_QUERY } from './query.js';

export const LIVE_PATH = '/v1/live';
/** How often a stream looks whether its key or session still holds: the end of one is felt within two seconds. */
const CHECK_MS = 1_000;
const CHECKS_PER_PING = 10;
const MOST_LISTENERS = 500;
/** A page with more than this waiting on its connection, bytes, has stopped reading. */
const MOST_WAITING_BYTES = 256 * 1024;

/** Server-sent events for people: what has changed, so that pages ask again for just that. */
export function liveCall(context: ApiContext): RequestHandler {
  const open = new Set<Response>();
  return (request, response) => {
    const { caller, session } = identify(context, request);
    Object.assign(response.locals, { route: LIVE_PATH, caller } satisfies Locals);
    authorise(caller, 'read');
    parse(NO_QUERY, { ...request.query });
    if (open.size >= MOST_LISTENERS)
      throw failure('unavailable', 'too many pages listen to this process', { retry_after: 5 });
    begin(response);
    open.add(response);
    const end = context.changes.listen((notice) => send(response, caller, notice));
    let checks = 0;
    const checking = setInterval(() => {
      if (!isGood(context, request, session?.expires_at ?? null)) response.end();
      else if ((checks += 1) % CHECKS_PER_PING === 0) write(response, ping());
    }, CHECK_MS).unref();
    response.once('close', () => {
      open.delete(response);
      clearInterval(checking);
      end();
    });
  };
}

function begin(response: Response): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  });
  response.write('retry: 1000\n\n');
}

/** A stream ends with the key or the session that opened it. */
function isGood(context: ApiContext, request: Request, expires_at: number | null): boolean {
  if (expires_at !== null && expires_at <= Date.now()) return false;
  try {
    identify(context, request);
    return true;
  } catch {
    return false;
  }
}

/** Who may see only some environments is told of the experiments there, and that something else has changed, not what. */
function send(response: Response, caller: Caller, { environment, ...notice }: ChangeNotice): void {
  if (caller.environments === null) return write(response, message(notice));
  const isExperiment = notice.type === 'experiment' || notice.type === 'look' || notice.type === 'timeline';
  if (!isExperiment) return write(response, message({ ...notice, id: '' }));
  const places = environment === undefined ? undefined : [environment];
  if (environment !== null && isVisible(caller, places as string[] | undefined))
    write(response, message(notice));
}

function write(response: Response, text: string): void {
  if (response.writableEnded) return;
  if (response.writableLength > MOST_WAITING_BYTES) response.destroy();
  else response.write(text);
}

function ping(): string {
  return message({ type: 'ping', id: '', version: 0, at: new Date().toISOString() });
}

function message(body: object): string {
  return `data: ${JSON.stringify(body)}\n\n`;
}
