import type { Serve, ServedVariant, Shares } from './flag-plan.js';

/** A range of a hash that runs from 0 to 1: units whose hash lies in it are served the variant. */
export interface HashRange {
  from: number;
  to: number;
  variant: ServedVariant;
}

/** Rules with the same `hash` give a unit the same place in their ranges; different hashes are independent. */
export interface HashedRanges {
  hash: string;
  ranges: HashRange[];
}

/** Ranges one after the other, as wide as their weights out of `total`. `coverage` cuts the end of each off. */
export function hashRanges(
  weights: readonly (readonly [ServedVariant, number])[],
  total: number,
  coverage = 1,
): HashRange[] {
  let start = 0;
  return weights.flatMap(([variant, weight]) => {
    const range = { from: start / total, to: (start + weight * coverage) / total, variant };
    start += weight;
    return range.to > range.from ? [range] : [];
  });
}

/** The shares of all units that each variant gets where rule after rule takes its ranges out of what is left. */
export function sharesOf(rules: readonly HashedRanges[]): Shares {
  const shares: Shares = new Map();
  addShares(rules, new Map(), 1, shares);
  return shares;
}

/**
 * @param within the part of each hash that is left, where earlier rules have taken some of it
 * @param share of all units that are left
 */
function addShares(
  [rule, ...later]: readonly HashedRanges[],
  within: ReadonlyMap<string, readonly [number, number]>,
  share: number,
  shares: Shares,
): void {
  if (!rule || share <= 0) return;
  const [low, high] = within.get(rule.hash) ?? [0, 1];
  const cuts = [low, high, ...rule.ranges.flatMap(({ from, to }) => [from, to])]
    .filter((cut) => cut >= low && cut <= high)
    .sort((a, b) => a - b);
  for (const [index, from] of cuts.slice(0, -1).entries()) {
    const to = cuts[index + 1]!;
    if (to <= from) continue;
    const part = (share * (to - from)) / (high - low);
    const middle = (from + to) / 2;
    const range = rule.ranges.find((candidate) => candidate.from <= middle && middle < candidate.to);
    if (range) shares.set(range.variant, (shares.get(range.variant) ?? 0) + part);
    else addShares(later, new Map([...within, [rule.hash, [from, to]]]), part, shares);
  }
}

/** Shares without those of rounding errors; the variant itself where it gets all. */
export function serveOf(shares: Shares): Serve {
  const kept = new Map([...shares].filter(([, share]) => share > 1e-9));
  return kept.size === 1 ? [...kept.keys()][0]! : kept;
}

/** A split of everybody by weights out of `total`. */
export function splitByWeight(weights: readonly (readonly [ServedVariant, number])[], total: number): Serve {
  return serveOf(sharesOf([{ hash: '', ranges: hashRanges(weights, total) }]));
}
