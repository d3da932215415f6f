/** The names from which one comes back to themselves, going from each to those that it refers to. */
export function onCycles(references: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): void => {
    const at = path.indexOf(name);
    if (at !== -1) for (const one of path.slice(at)) found.add(one);
    if (at !== -1 || done.has(name)) return;
    path.push(name);
    for (const next of references.get(name) ?? []) visit(next);
    path.pop();
    done.add(name);
  };
  for (const name of references.keys()) visit(name);
  return found;
}
