import type { Json } from '../../model/json.js';
import type { Fields } from '../fields.js';
import type { FlagPlan } from '../flag-plan.js';
import { readEach, type Lost } from '../read-each.js';
import { memberPath } from '../source-path.js';
import { tagsOf } from '../tags-and-metadata.js';
import { nameVariants } from '../variant-names.js';
import { IGNORED } from './ignored-fields.js';
import type { LaunchdarklyFlag } from './launchdarkly-flag.js';

/** The flags of SDK data, and those that it spoils. */
export function sdkFlags(file: Fields): { found: LaunchdarklyFlag[]; lost: Lost[] } {
  if (!file.has('flags') && !file.has('flagValues')) file.missing('flags');
  return readEach(file.members('flags'), 'key', file.ledger, sdkFlag);
}

function sdkFlag(flag: Fields, key: string): LaunchdarklyFlag {
  const values = flag.list('variations');
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
