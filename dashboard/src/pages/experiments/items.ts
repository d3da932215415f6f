import type { Group, GroupName, Listed } from './rows.js';

/** A line of the list: the head of a group, or as many experiments as stand beside one another. */
export type Item =
  | { kind: 'group'; key: string; name: GroupName; experiments: [] }
  | { kind: 'line'; key: string; experiments: Listed[] };

export function itemsOf(groups: readonly Group[], columns: number): Item[] {
  return groups.flatMap(({ name, experiments }) => {
    const items: Item[] = [{ kind: 'group', key: `group ${name}`, name, experiments: [] }];
    for (let from = 0; from < experiments.length; from += columns) {
      const some = experiments.slice(from, from + columns);
      items.push({ kind: 'line', key: some[0]!.experiment_id, experiments: some });
    }
    return items;
  });
}
