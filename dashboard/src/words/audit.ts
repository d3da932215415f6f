/** What is done to a thing, by the last part of an action's code. */
const VERBS: Record<string, string> = {
  create: 'created',
  update: 'changed',
  delete: 'deleted',
  start: 'started',
  release: 'released',
  force: 'forced to its end',
  exclusions: 'excluded units from',
  exclusion_lifted: 'lifted an exclusion in',
  override: 'gave a unit an arm in',
  override_lifted: 'lifted an override in',
  end_sessions: 'ended all sessions of',
  rotate_secret: 'gave a new secret to',
  redeliver: 'had an alert sent again to',
  opt_out: 'let a unit opt out of all experiments',
  opt_in: 'let a unit into experiments again',
  export: 'exported what is held of a unit',
  erase: 'erased a unit',
  rotate: 'made a new sealing key:',
};

/** `flag.update` of a flag as a phrase after who did it: `changed flag checkout`. */
export function actionText(action: string, subject: { type: string; id: string }): string {
  const isRefused = action.endsWith('.refused');
  const code = isRefused ? action.slice(0, -'.refused'.length) : action;
  const thing = `${subject.type.replaceAll('_', ' ')} ${subject.id}`;
  const last = code.split('.').at(-1)!;
  const verb = VERBS[last];
  let text = `${verb} ${thing}`;
  if (code.startsWith('privacy.') && verb !== undefined) text = verb;
  else if (verb === undefined) text = `gave the command “${last.replaceAll('_', ' ')}” to ${thing}`;
  return isRefused ? `${text}: refused` : text;
}
