import { readFileSync } from 'node:fs';
import { AstBuilder, compile, GherkinClassicTokenMatcher, Parser } from '@cucumber/gherkin';
import { IdGenerator, type PickleStep } from '@cucumber/messages';

export interface ScenarioStep {
  text: string;
  /** The rows of the table, by the names in its header. */
  table: Record<string, string>[];
}

export interface Scenario {
  /** The scenario's name and its example, such as `Resolve values (String string-flag)`. */
  name: string;
  steps: ScenarioStep[];
}

/** The scenarios of a feature file, one for each example, with the steps of the background. */
export function scenariosOf(file: string): Scenario[] {
  const newId = IdGenerator.incrementing();
  const parser = new Parser(new AstBuilder(newId), new GherkinClassicTokenMatcher());
  const pickles = compile(parser.parse(readFileSync(file, 'utf8')), file, newId);
  return pickles.map(({ name, steps }) => {
    const allSteps = steps.map(stepOf);
    // The first step belongs to the background.
    const example = allSteps
      .slice(1)
      .map(({ text }) => exampleIn(text))
      .findLast((text) => text !== null);
    return { name: example ? `${name} (${example})` : name, steps: allSteps };
  });
}

function stepOf({ text, argument }: PickleStep): ScenarioStep {
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
