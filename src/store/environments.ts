/**
 * A filter for what is for one of these environments: a document that names none at `path` is for every one.
 *
 * @param environments null for everything
 */
export function inEnvironments(path: string, environments: readonly string[] | null): object {
  if (environments === null) return {};
  return { $or: [{ [path]: { $exists: false } }, { [path]: null }, { [path]: { $in: [...environments] } }] };
}
