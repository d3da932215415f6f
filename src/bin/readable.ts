// Answers as people read them: tables for lists, lines for the rest.

type Row = Readonly<Record<string, unknown>>;

/** Columns that come first where a list has them. */
const FIRST = /(?:^|_)id$|^name$|^n$|^at$|^kind$/;
/** Of a list, columns of values that fit into one line. */
const MAX_CELL = 48;

/** A value, as lines that end with a line break. `width` is that of the terminal. */
export function readable(value: unknown, width = 100): string {
  const lines = linesOf(value, width);
  return lines.length === 0 ? 'nothing\n' : `${lines.join('\n')}\n`;
}

/** A problem document: what is wrong, and each field with its own sentence. */
export function sentencesOf(problem: Row): string {
  const { detail, title, errors, holds } = problem;
  const fields = (Array.isArray(errors) ? errors : []) as { path?: string; message?: string }[];
  const head = fields.length > 0 ? `${text(title ?? 'refused')}:` : text(detail ?? title ?? problem);
  return [
    head,
    ...fields.map(({ path = '', message = '' }) => `  ${path === '' ? '' : `${path}: `}${message}`),
    ...(Array.isArray(holds) ? [`  holds: ${holds.map(text).join(', ')}`] : []),
    '',
  ].join('\n');
}

function linesOf(value: unknown, width: number): string[] {
  if (Array.isArray(value)) return listLines(value, width);
  if (!isRow(value)) return [text(value)];
  const { items, next_cursor, ...rest } = value;
  if (Array.isArray(items) && Object.keys(rest).length === 0) {
    const more = typeof next_cursor === 'string' ? ['… and more: use --limit'] : [];
    return [...listLines(items, width), ...more];
  }
  return fieldLines(value, width);
}

/** `name  value`, one below the other; what is nested is indented below its name. */
function fieldLines(fields: Row, width: number): string[] {
  const given = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  const pad = Math.max(0, ...given.filter(([, value]) => isShort(value)).map(([name]) => name.length));
  return given.flatMap(([name, value]) => {
    if (isShort(value)) return [`${name.padEnd(pad)}  ${text(value)}`];
    return [`${name}`, ...linesOf(value, width - 2).map((line) => `  ${line}`)];
  });
}

function listLines(items: readonly unknown[], width: number): string[] {
  if (items.length === 0) return ['none'];
  if (!items.every(isRow)) return items.flatMap((item) => linesOf(item, width));
  const isTable = items.every((item) => Object.values(item).some(isShort));
  return isTable ? tableLines(items, width) : items.flatMap((item) => [...fieldLines(item, width), '']);
}

/** A table of the columns that fit; a command with --json has the others. */
function tableLines(rows: readonly Row[], width: number): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) =>
    rows.every((row) => isShort(row[name] ?? null)),
  );
  const ordered = [...names.filter((name) => FIRST.test(name)), ...names.filter((name) => !FIRST.test(name))];
  const columns: { name: string; cells: string[]; width: number }[] = [];
  let left = width;
  for (const name of ordered) {
    const cells = rows.map((row) => cut(text(row[name] ?? '')));
    const needed = Math.max(name.length, ...cells.map((cell) => cell.length));
    if (cells.every((cell) => cell === '') || (columns.length > 0 && needed > left)) continue;
    columns.push({ name, cells, width: needed });
    left -= needed + 2;
  }
  const line = (cellOf: (column: (typeof columns)[number]) => string): string =>
    columns
      .map((column) => cellOf(column).padEnd(column.width))
      .join('  ')
      .trimEnd();
  return [line(({ name }) => name), ...rows.map((_, index) => line(({ cells }) => cells[index]!))];
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value fits into a cell or behind its name. */
function isShort(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Array.isArray(value) && value.length <= 6 && value.every((item) => typeof item !== 'object');
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(6)));
  if (Array.isArray(value)) return value.map(text).join(', ');
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

function cut(cell: string): string {
  return cell.length > MAX_CELL ? `${cell.slice(0, MAX_CELL - 1)}…` : cell;
}
