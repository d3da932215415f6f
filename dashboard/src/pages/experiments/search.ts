/** What the list can be narrowed to: each experiment is in one of these. */
export const KINDS = [
  'approval',
  'held',
  'rolling_back',
  'ramping',
  'running',
  'rolling_out',
  'watching',
  'queued',
  'scheduled',
  'draft',
  'ended',
] as const;
export type Kind = (typeof KINDS)[number];

/** The filters of the list, as they are in its address. */
export interface ListSearch {
  show?: Kind;
  q?: string;
  owner?: string;
  layer?: string;
}

/** Reads an address; what it cannot mean is left out. */
export function listSearchOf(raw: Record<string, unknown>): ListSearch {
  const show = KINDS.find((kind) => kind === raw['show']);
  const text = (name: string): string | undefined => {
    const value = raw[name];
    const said = typeof value === 'number' ? String(value) : value;
    return typeof said === 'string' && said !== '' ? said.slice(0, 200) : undefined;
  };
  const [q, owner, layer] = [text('q'), text('owner'), text('layer')];
  return {
    ...(show && { show }),
    ...(q !== undefined && { q }),
    ...(owner !== undefined && { owner }),
    ...(layer !== undefined && { layer }),
  };
}
