import type { Json } from '../../model/json.js';
import type { Fields } from '../fields.js';
import type { FlagPlan } from '../flag-plan.js';
import { malformed } from '../migration-errors.js';
import { memberPath } from '../source-path.js';
import { tagsOf } from '../tags-and-metadata.js';
import { nameVariants } from '../variant-names.js';
import { IGNORED } from './ignored-fields.js';
import type { LaunchdarklyFlag } from './launchdarkly-flag.js';

/** The flags of SDK data. */
export function sdkFlags(file: Fields): LaunchdarklyFlag[] {
  if (!file.has('flags') && !file.has('flagValues')) file.missing('flags');
  return file.entries('flags').map(([key, flag]) => {
    const values = flag.json('variations') ?? [];
    if (!Array.isArray(values)) throw malformed(flag.at('variations'), 'must be a list');
    const variants = nameVariants(
      values.map((value, index) => ({ value, path: memberPath(flag.at('variations'), index) })),
      'variation',
    );
    return {
      key,
      path: flag.path,
      about: {
        ...(flag.has('tags') && { tags: tagsOf(flag.strings('tags'), flag.at('tags'), flag.ledger) }),
      },
      variants,
      settings: flag,
      on: flag.boolean('on') ?? false,
      offVariation: flag.number('offVariation'),
      close: () => flag.close(IGNORED.flag),
      lost: flag.peek('deleted') === true ? 'it is deleted' : undefined,
    };
  });
}

/** An entry of `flagValues`: a flag that serves everybody the same value. */
export function valueFlag(key: string, flag_id: string, value: Json, path: string): FlagPlan {
  const variants = nameVariants([{ value, path }], 'variation');
  return {
    key,
    flag_id,
    path,
    enabled: true,
    variants,
    off: null,
    prerequisites: [],
    rules: [],
    otherwise: variants[0]!.name,
    otherwisePath: path,
  };
}
