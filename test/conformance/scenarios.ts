import { readFileSync } from 'node:fs';
import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin';
import { IdGenerator, type PickleStep } from '@cucumber/messages';

export interface Step {
  text: string;
  /** The rows below the header, by its names. */
  table: Record<string, string>[];
}

export interface Scenario {
  /** The scenario's name with what tells its examples apart, such as `Resolve values (String string-flag)`. */
  name: string;
  steps: Step[];
}

/** The scenarios of a feature file, one for each of their examples, background included. */
export function scenariosOf(file: string): Scenario[] {
  const newId = IdGenerator.incrementing();
  const parser = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher());
  const pickles = compile(parser.parse(readFileSync(file, 'utf8')), file, newId);
  return pickles.map(({ name, steps }) => {
    const given = steps.map(stepOf);
    // The first step is the background's.
    const example = given
      .slice(1)
      .map(({ text }) => exampleIn(text))
      .findLast((one) => one !== null);
    return { name: example ? `${name} (${example})` : name, steps: given };
  });
}

function stepOf({ text, argument }: PickleStep): Step {
  const [header, ...rows] = (argument?.dataTable?.rows ?? []).map(({ cells }) =>
    cells.map(({ value }) => value),
  );
  return {
    text,
    table: rows.map((row) => Object.fromEntries(row.map((value, n) => [header![n]!, value]))),
  };
}

function exampleIn(text: string): string | null {
  const flag = /^an? (\w+)-flag with key "([^"]*)"/.exec(text);
  if (flag) return `${flag[1]} ${flag[2]}`;
  return /^an? (\w+(?: \w+)?) provider$/.exec(text)?.[1] ?? null;
}
