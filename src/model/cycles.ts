/** The names that lie on a cycle of references. */
export function onCycles(references: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set<string>();
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): void => {
    const start = path.indexOf(name);
    if (start !== -1) for (const member of path.slice(start)) found.add(member);
    if (start !== -1 || done.has(name)) return;
    path.push(name);
    for (const next of references.get(name) ?? []) visit(next);
    path.pop();
    done.add(name);
  };
  for (const name of references.keys()) visit(name);
  return found;
}
