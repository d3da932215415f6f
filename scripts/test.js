// Runs every check, one after the other. The last line counts the tests.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { browserPath } from './browser.js';
import { prometheusPaths } from './prometheus.js';

const folder = mkdtempSync(join(tmpdir(), 'rampart-test-'));
const report = join(folder, 'vitest.json');
const steps = [
  ['JavaScript SDK', 'npm', ['--prefix', 'clients/js', 'ci', '--no-audit', '--no-fund', '--loglevel=error']],
  // Some tests take their types from the built SDK.
  ['JavaScript SDK, built', 'npm', ['--prefix', 'clients/js', 'run', '-s', 'build']],
  ['format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']],
  ['lint', 'npm', ['run', '-s', 'lint']],
  ['types', 'npm', ['run', '-s', 'types']],
  ['types of the dashboard', 'node', ['--import', 'tsx', 'scripts/openapi-types.ts', '--check']],
  ['build', 'npm', ['run', '-s', 'build']],
  ['other versions of Node', 'node', ['scripts/node-versions.js']],
  ['tests', 'npx', ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]],
];

process.env.CHROMIUM_PATH = browserPath();
prometheusPaths();
let failedSteps = 0;
for (const [name, command, args] of steps) {
  const began = Date.now();
  console.log(`\n── ${name}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  console.log(`── ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${Math.round((Date.now() - began) / 1000)} s)`);
  if (status !== 0) failedSteps += 1;
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
