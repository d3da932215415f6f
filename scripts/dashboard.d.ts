/** Builds the dashboard where its sources are newer than what was built. */
export function buildDashboardWhereStale(): Promise<void>;
