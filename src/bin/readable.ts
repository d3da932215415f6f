// Answers as people read them: tables for lists, lines for the rest.

type Row = Readonly<Record<string, unknown>>;

/** Columns that come first where a list has them, after its id; other ids come last. */
const FIRST = /^(?:state|name|n|at|kind|code)$/;
const ID = /(?:^|_)id$/;
/** Columns of sentences: below the row where they do not fit into it, and never cut. */
const PROSE = /^(?:message|text|reason|detail|description|lifts_when)$/;
/** Of a list, columns of values that fit into one line. */
const MAX_CELL = 48;

/** A value, as lines that end with a line break. `width` is that of the terminal. */
export function readable(value: unknown, width = 100): string {
  const lines = linesOf(value, width);
  return lines.length === 0 ? 'nothing\n' : `${lines.join('\n')}\n`;
}

/** A problem document: what is wrong, and each field with its own sentence. */
export function sentencesOf(problem: Row): string {
  const { title, errors, holds } = problem;
  // OpenFeature's protocol has names of its own.
  const detail = problem['detail'] ?? problem['errorDetails'];
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
  const given = Object.entries(fields).filter(([, value]) => !isEmpty(value) || Array.isArray(value));
  const pad = Math.max(0, ...given.filter(([, value]) => isShort(value)).map(([name]) => name.length));
  return given.flatMap(([name, value]) => {
    if (isShort(value)) return [`${name.padEnd(pad)}  ${isEmpty(value) ? 'none' : text(value)}`];
    const lines = linesOf(value, width - 2);
    return lines.length === 0 ? [] : [name, ...lines.map((line) => `  ${line}`)];
  });
}

function listLines(items: readonly unknown[], width: number): string[] {
  if (items.length === 0) return ['none'];
  if (!items.every(isRow)) return items.flatMap((item) => linesOf(item, width));
  const isTable = items.every((item) => Object.values(item).some(isShort));
  return isTable ? tableLines(items, width) : items.flatMap((item) => [...fieldLines(item, width), '']);
}

/** A table of the columns that fit, with sentences below their rows. The last line says what is left out. */
function tableLines(rows: readonly Row[], width: number): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns: { cells: string[]; width: number }[] = [];
  const prose: string[] = [];
  const hidden: string[] = [];
  let left = width;
  for (const name of inOrder(names)) {
    if (rows.every((row) => isEmpty(row[name]))) continue;
    const texts = rows.map((row) => (isShort(row[name]) ? text(row[name]) : ''));
    const longest = Math.max(...texts.map((one) => one.length));
    const isSentence = PROSE.test(name) && (longest > MAX_CELL || longest > left);
    if (isSentence) {
      prose.push(name);
      continue;
    }
    const cells = [name, ...texts.map(cut)];
    const needed = Math.max(...cells.map((cell) => cell.length));
    if (rows.every((row) => isShort(row[name])) && (columns.length === 0 || needed <= left)) {
      columns.push({ cells, width: needed });
      left -= needed + 2;
    } else hidden.push(name);
  }
  const lineOf = (index: number): string =>
    columns
      .map((column) => column.cells[index]!.padEnd(column.width))
      .join('  ')
      .trimEnd();
  const lines = rows.flatMap((row, index) => [
    lineOf(index + 1),
    ...prose.flatMap((name) => (isEmpty(row[name]) ? [] : [`  ${text(row[name])}`])),
  ]);
  const more = hidden.length > 0 ? [`(--json has more: ${hidden.join(', ')})`] : [];
  return [...(columns.length > 0 ? [lineOf(0)] : []), ...lines, ...more];
}

/** The id, what is going on, the other fields, and the ids of other things. */
function inOrder(names: readonly string[]): string[] {
  const own = names.find((name) => ID.test(name));
  const rank = (name: string): number => {
    if (name === own) return 0;
    if (FIRST.test(name)) return 1;
    return ID.test(name) ? 3 : 2;
  };
  return [...names].sort((a, b) => rank(a) - rank(b));
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether there is nothing to see in a value. */
function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
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
