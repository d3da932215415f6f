/** A list in the order of ids, with the rows of some ids as they are now. A row that is not there now is taken out. */
export function withRows<Row extends { experiment_id: string }>(
  list: readonly Row[],
  ids: readonly string[],
  rows: readonly Row[],
): Row[] {
  const old = new Set(ids);
  return [...list.filter(({ experiment_id }) => !old.has(experiment_id)), ...rows].sort(byId);
}

// As the API sorts: by code units, not by language.
function byId(a: { experiment_id: string }, b: { experiment_id: string }): number {
  return a.experiment_id < b.experiment_id ? -1 : 1;
}
