import { CLIENT_COMMANDS } from './client-commands.js';

const LOCAL = `usage: rampart COMMAND

Processes:
  serve           API, worker, and an embedded MongoDB or Temporal if none is given
  api             an API process; needs MONGODB_URI and TEMPORAL_ADDRESS
  worker          a worker process; needs the same
  demo [--once]   the life of two experiments, with simulated users

Without a server:
  analyze FILE|-  the evidence from sums, as JSON; docs/statistics.md describes both
  power --baseline P (--mde R | --units N) [--kind mean|ratio|quantile --standard-deviation S]
        [--alpha A] [--power P] [--ratio R] [--correlation R] [--arms N] [--comparisons N]
                  the sample that an effect needs, or the effect that a sample can detect
  power FILE [--policy FILE] [--metric FILE]… [--units-per-day N]
        [--baseline METRIC=VALUE[,STANDARD_DEVIATION]]…
                  the sample and the days that an experiment needs, and what it can detect
  rehearse FILE [--policy FILE] [--metric FILE]… [--runs N] [--seed N] [--json]
        [--true-lift R] [--guardrail-harm R] [--units-per-day N] [--returns-per-day R]
        [--baseline METRIC=VALUE[,STANDARD_DEVIATION]]…
                  an experiment on simulated users: how often it ships, rolls back and errs
  verify FILE…    recomputes certified decisions, bit for bit
  import --from flagd|growthbook|launchdarkly|unleash FILE|- [--environment NAME] [--project KEY]
        [--out DIR | --apply]
                  another system's flags, with a note on everything that differs
  export --to flagd [--in DIR] [--environment NAME] [--out FILE]
                  flags as a file for flagd

With a running API (RAMPART_URL, RAMPART_KEY):`;

/** Where the summaries of commands begin. */
const COLUMN = 62;

/** What `help` prints. */
export function usageText(): string {
  const commands = Object.entries(CLIENT_COMMANDS).map(([name, { usage, summary }]) =>
    `  ${name} ${usage}`.padEnd(COLUMN).concat(summary),
  );
  return [LOCAL, ...commands, '', 'Settings come from the environment: README.md lists them.'].join('\n');
}
