import { z } from 'zod';
import { descriptionSchema, idSchema } from './id.js';
import { percentSchema } from './percent.js';

/** Experiments of one layer exclude one another: each takes some of its slots. */
export const layerSchema = z.strictObject({ layer_id: idSchema, description: descriptionSchema.optional() });
export type Layer = z.output<typeof layerSchema>;

/** A share of the units, per cent, that is in no experiment, or in none of a layer. Each start freezes it. */
export const holdoutSchema = z.strictObject({
  holdout_id: idSchema,
  description: descriptionSchema.optional(),
  share: percentSchema(0.01, 50),
  layer_id: idSchema.optional(),
});
export type Holdout = z.output<typeof holdoutSchema>;
