/** The line of a JSON text, from 1, at which a dotted path stands; of a path that is not there, its nearest parent's. */
export function lineOf(text: string, path: string): number {
  const wanted = path === '' ? [] : path.split('.');
  const start = new Finder(text).find(wanted);
  return text.slice(0, start).split('\n').length;
}

/** Walks through a text that is valid JSON. */
class Finder {
  private at = 0;
  private best = 0;
  private depth = -1;

  constructor(private readonly text: string) {}

  find(wanted: readonly string[]): number {
    this.value(wanted, 0, true);
    return this.best;
  }

  private value(wanted: readonly string[], depth: number, isOn: boolean): void {
    this.space();
    if (isOn && depth > this.depth) {
      this.depth = depth;
      this.best = this.at;
    }
    const opening = this.text[this.at];
    if (opening === '{' || opening === '[') this.members(wanted, depth, isOn, opening === '{');
    else if (opening === '"') this.string();
    else while (this.at < this.text.length && !/[\s,\]}]/.test(this.text[this.at]!)) this.at += 1;
  }

  private members(wanted: readonly string[], depth: number, isOn: boolean, isObject: boolean): void {
    this.at += 1;
    for (let index = 0; this.at < this.text.length; index += 1) {
      this.space();
      if (/[\]}]/.test(this.text[this.at] ?? '}')) break;
      let name = String(index);
      if (isObject) {
        name = this.string();
        this.space();
        this.at += 1;
      }
      this.value(wanted, depth + 1, isOn && wanted[depth] === name);
      this.space();
      if (this.text[this.at] === ',') this.at += 1;
    }
    this.at += 1;
  }

  private string(): string {
    const start = this.at;
    for (this.at += 1; this.at < this.text.length && this.text[this.at] !== '"'; this.at += 1)
      if (this.text[this.at] === '\\') this.at += 1;
    this.at += 1;
    return JSON.parse(this.text.slice(start, this.at)) as string;
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) this.at += 1;
  }
}
