/** In place of what a damaged record hides. */
export const UNREADABLE = (
  <span className="muted">cannot be read: its record was damaged, or sealed under another secret</span>
);

/** The id of a unit; null where its record cannot be read. */
export function UnitId({ id }: { id: string | null }) {
  return id === null ? UNREADABLE : <b className="unit-id">{id}</b>;
}
