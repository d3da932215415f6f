import Papa from 'papaparse';

/** A row by columns. What is not there is an empty cell. */
export type Row = Record<string, string | number | null | undefined>;

/** RFC 4180. Text that a spreadsheet would run as a formula begins with an apostrophe; numbers stay as they are. */
export function csvOf(fields: readonly string[], data: Row[]): string {
  return `${Papa.unparse({ fields: [...fields], data }, { escapeFormulae: true, newline: '\r\n' })}\r\n`;
}
