// Runs every check. The last line counts the tests.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { browserPath } from './browser.js';
import { prometheusPaths } from './prometheus.js';

const folder = mkdtempSync(join(tmpdir(), 'rampart-test-'));
const report = join(folder, 'vitest.json');
// Stages run one after the other; the lanes of a stage, side by side.
const stages = [
  [
    [
      [
        'JavaScript SDK',
        'npm',
        ['--prefix', 'clients/js', 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
      ],
      // Some tests take their types from the built SDK.
      ['JavaScript SDK, built', 'npm', ['--prefix', 'clients/js', 'run', '-s', 'build']],
    ],
  ],
  [
    [
      ['format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']],
      ['lint', 'npm', ['run', '-s', 'lint']],
      ['types', 'npm', ['run', '-s', 'types']],
      ['types of the dashboard', 'node', ['--import', 'tsx', 'scripts/openapi-types.ts', '--check']],
    ],
    [
      ['build', 'npm', ['run', '-s', 'build']],
      ['other versions of Node', 'node', ['scripts/node-versions.js']],
    ],
  ],
  [
    [
      [
        'tests',
        'npx',
        ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      ],
    ],
  ],
];

process.env.CHROMIUM_PATH = browserPath();
prometheusPaths();
let failedSteps = 0;

/** Runs a step to its end. Beside another lane, what it says is kept until then. */
async function run([name, command, args], isAlone) {
  const began = Date.now();
  if (isAlone) console.log(`\n── ${name}`);
  const child = spawn(command, args, { stdio: isAlone ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk));
  const [status] = await once(child, 'close');
  if (!isAlone) process.stdout.write(`\n── ${name}\n${said}`);
  console.log(`── ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${Math.round((Date.now() - began) / 1000)} s)`);
  if (status !== 0) failedSteps += 1;
}

for (const lanes of stages) {
  await Promise.all(
    lanes.map(async (steps) => {
      for (const step of steps) await run(step, lanes.length === 1);
    }),
  );
}

/** The beginning and the end of a message. The product's own log in between is left out; its end says why. */
function shortened(message) {
  const text = message.replace(/\s+/g, ' ');
  return text.length > 900 ? `${text.slice(0, 300)} … ${text.slice(-600)}` : text;
}

let passed = 0;
let failed = 0;
try {
  const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
  [passed, failed] = [numPassedTests, numFailedTests];
  // A short repetition, so that the end of a long log says what failed.
  for (const { name, status, message, assertionResults } of testResults) {
    const failures = assertionResults.filter((result) => result.status === 'failed');
    for (const { fullName, failureMessages } of failures) {
      console.log(`✗ ${relative('.', name)}: ${fullName}: ${shortened(failureMessages.join(' '))}`);
    }
    // A file whose servers did not start has no failed test.
    if (status === 'failed' && failures.length === 0)
      console.log(`✗ ${relative('.', name)}: ${shortened(message)}`);
  }
} catch {
  console.log('the tests left no report');
  failed = 1;
}
rmSync(folder, { recursive: true, force: true });
// A step that failed without a failing test (format, lint, types, build) counts as one.
const total = Math.max(failed, failedSteps > 0 ? 1 : 0);
console.log(`${passed} passed, ${total} failed`);
process.exit(total === 0 ? 0 : 1);
