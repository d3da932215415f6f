/** The paths of Prometheus and of promtool. */
export function prometheusPaths(): { prometheus: string; promtool: string };
