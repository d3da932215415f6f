/** The most units that one request takes. */
export const MOST_UNITS = 1_000;

/** The ids that somebody wrote, one a line, each once. Ids may have spaces and commas within them. */
export function unitIdsIn(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return [...new Set(lines.filter((line) => line !== ''))];
}

/** What keeps these from being sent; null where nothing does. */
export function lackOfUnits(unit_ids: readonly string[]): string | null {
  if (unit_ids.length === 0) return 'Write the id of a unit.';
  return unit_ids.length > MOST_UNITS ? 'At most 1,000 units at once.' : null;
}

/** An error of the API about the list, in words that name the id. */
export function unitErrorText(
  unit_ids: readonly string[],
  errors: readonly { path: string; message: string }[],
): string | undefined {
  const wrong = errors.find(({ path }) => path === 'unit_ids' || path.startsWith('unit_ids.'));
  if (wrong === undefined) return undefined;
  const index = /^unit_ids\.(\d+)$/.exec(wrong.path)?.[1];
  const unit_id = index === undefined ? undefined : unit_ids[Number(index)];
  return unit_id === undefined ? `The list ${wrong.message}.` : `“${shortened(unit_id)}” ${wrong.message}.`;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
