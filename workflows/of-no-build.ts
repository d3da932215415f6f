import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';

/**
 * The workflow belongs to no build: whichever is current goes on with it, also after its first worker is gone. On a worker
 * without a build nothing may be said of versions: the server refuses every task that does.
 */
export function ofNoBuild(workflow: (...args: never[]) => Promise<unknown>): void {
  setWorkflowOptions(
    () =>
      workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'AUTO_UPGRADE' } : {},
    workflow as (...args: unknown[]) => Promise<unknown>,
  );
}
