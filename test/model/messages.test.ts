import { expect, it } from 'vitest';
import { z } from 'zod';
import { experimentSchema } from '../../src/model/experiment.js';
import { flagSchema } from '../../src/model/flag.js';
import { keyInputSchema } from '../../src/model/key.js';
import { metricFields } from '../../src/model/metric.js';
import { plainJsonErrors } from '../../src/model/plain-json.js';
import { policySchema } from '../../src/model/policy.js';
import { parse } from '../../src/validation.js';

function complaints(schema: z.ZodType, value: unknown): string[] {
  try {
    parse(schema, value);
    return [];
  } catch (error) {
    const { errors } = (error as { members: { errors: Record<'path' | 'code' | 'message', string>[] } })
      .members;
    return errors.map(({ path, code, message }) => `${path} ${code}: ${message}`);
  }
}

it.each([
  [
    { flag_id: 'f', description: 'x'.repeat(2001) },
    'description out_of_range: must have at most 2000 characters',
  ],
  [{ flag_id: 'f', owner: '' }, 'owner out_of_range: must not be empty'],
  [{ flag_id: 'f', rollout_percentage: 101 }, 'rollout_percentage out_of_range: must be at most 100'],
  [{ flag_id: 'f', tags: 'x' }, 'tags invalid_type: must be a list'],
  [{ flag_id: 'f', enabled: 'yes' }, 'enabled invalid_type: must be true or false'],
  [{}, 'flag_id required: is missing: a text'],
  [
    { flag_id: 'f', value_type: 'int' },
    'value_type invalid_value: must be one of string, number, boolean, object',
  ],
  [
    { flag_id: 'f', metadata: { a: [] } },
    'metadata.a invalid_type: must be a text, a number or true or false',
  ],
  [{ flag_id: 'f', default: 1e400 }, 'default out_of_range: is too large: numbers go to 1.7e308'],
  [
    { flag_id: 'f', rollout_percentage: 1e400 },
    'rollout_percentage invalid_type: is too large: numbers go to 1.7e308',
  ],
])('a wrong field of a flag is told in plain words: %j', (flag, complaint) => {
  expect(complaints(flagSchema, flag)).toContain(complaint);
});

it('no schema speaks of its own types, whatever is wrong', () => {
  const wrong = [undefined, null, true, 'x', '', -1, 0.5, 1e400, [], [1], {}, { a: 1 }];
  const all = { flagSchema, experimentSchema, keyInputSchema, metricFields, policySchema };
  for (const schema of Object.values<z.ZodObject | z.ZodType>(all)) {
    const document = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
    const names = Object.keys(document.properties ?? {});
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      for (const value of wrong) {
        for (const complaint of complaints(schema, { [name]: value }))
          expect(complaint).not.toMatch(/Invalid|Too (small|big)|expected|received|>=|<=|record/);
      }
    }
  }
});

it('a number that JSON cannot hold is named wherever it stands, where numbers are kept', () => {
  const value = JSON.parse('{"a":[1e400,{"b":-1e999}]}') as unknown;
  expect(
    plainJsonErrors(value)
      .map(({ path, code }) => `${path} ${code}`)
      .sort(),
  ).toEqual(['a.0 out_of_range', 'a.1.b out_of_range']);
  expect(plainJsonErrors(value, false)).toEqual([]);
});
