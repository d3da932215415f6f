import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundle, type WorkflowBundleOption } from '@temporalio/worker';
import { FAILURE_CONVERTER_PATH } from '../src/temporal/payload-codec.js';

const WORKFLOWS = fileURLToPath(new URL('../workflows', import.meta.url));
/** The build makes it: to bundle the workflows takes seconds, which a worker that starts does not have. */
const BUILT = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));

/** The workflows of this program; they are bundled only where no build did so. */
export async function builtWorkflows(): Promise<WorkflowBundleOption> {
  return existsSync(BUILT) ? { codePath: BUILT } : bundleWorkflows();
}

/**
 * The workflows of a folder, by itself ours, as one script. The folder is named, never a file: only so are TypeScript and
 * JavaScript alike found.
 */
export async function bundleWorkflows(workflowsPath = WORKFLOWS): Promise<WorkflowBundle> {
  return bundleWorkflowCode({
    workflowsPath,
    failureConverterPath: FAILURE_CONVERTER_PATH,
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error },
  });
}

/** Called by the build. */
export async function writeBundle(): Promise<void> {
  const { code } = await bundleWorkflows();
  await writeFile(BUILT, code);
}
