import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { expect, it } from 'vitest';

const FOLDERS = ['src', 'api', 'activities', 'workflows'];

/** Files of the product with the files that they import. */
async function imports(): Promise<[from: string, to: string][]> {
  const { output } = await cruise(FOLDERS, {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    includeOnly: `^(${FOLDERS.join('|')})/`,
  });
  return (output as ICruiseResult).modules.flatMap(({ source, dependencies }) =>
    dependencies.map(({ resolved }): [string, string] => [source, resolved]),
  );
}

/** The folders right below `parent` that each one imports from. */
function graphBelow(
  parent: string,
  edges: readonly (readonly [string, string])[],
): ReadonlyMap<string, Set<string>> {
  const childOf = (file: string): string | null => {
    if (!file.startsWith(parent)) return null;
    const parts = file.slice(parent.length).split('/');
    return parts.length > 1 ? parent + parts[0]! : null;
  };
  const graph = new Map<string, Set<string>>();
  for (const [from, to] of edges) {
    const [a, b] = [childOf(from), childOf(to)];
    if (a === null || b === null || a === b) continue;
    graph.set(a, (graph.get(a) ?? new Set()).add(b));
  }
  return graph;
}

/** One circle of a graph, or null. */
function circleIn(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] | null {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | null => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return null;
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next, [...path, node]);
      if (circle) return circle;
    }
    done.add(node);
    return null;
  };
  for (const node of graph.keys()) {
    const circle = visit(node, []);
    if (circle) return circle;
  }
  return null;
}

it('has no circle of folders: who knows the lower one need not know the upper one', async () => {
  // A room of src stands beside api, activities and workflows: src/bin composes them all.
  const edges = (await imports()).map(
    ([from, to]) => [from.replace(/^src\//, 'src:'), to.replace(/^src\//, 'src:')] as const,
  );
  const parents = new Set(
    edges.flatMap(([from]) =>
      from.split('/').map((_, i, parts) => parts.slice(0, i).join('/') + (i > 0 ? '/' : '')),
    ),
  );
  expect(parents.size).toBeGreaterThan(10);
  for (const parent of parents) expect([parent, circleIn(graphBelow(parent, edges))]).toEqual([parent, null]);
});

it('finds a circle where there is one', () => {
  const edges = [
    ['a/x.ts', 'b/y.ts'],
    ['b/z.ts', 'c/y.ts'],
    ['c/z.ts', 'a/y.ts'],
  ] as const;
  expect(circleIn(graphBelow('', edges))).toEqual(['a', 'b', 'c', 'a']);
});
