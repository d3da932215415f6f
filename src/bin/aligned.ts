/**
 * Lines of cells in columns as wide as their widest cell, two spaces apart.
 *
 * @param rows of equally many cells, the header among them
 * @param isRight whether the cells of a column stand at its right, as numbers do
 */
export function aligned(
  rows: readonly (readonly string[])[],
  isRight: (column: number) => boolean = () => false,
): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        isRight(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  );
}
