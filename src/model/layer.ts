import { z } from 'zod';
import { descriptionSchema, idSchema } from './id.js';

/** Experiments of one layer exclude one another: each takes some of its slots. */
export const layerSchema = z.strictObject({ layer_id: idSchema, description: descriptionSchema.optional() });
export type Layer = z.output<typeof layerSchema>;

/** A share of the units, per cent, that is in no experiment, or in none of a layer. Each start freezes it. */
export const holdoutSchema = z.strictObject({
  holdout_id: idSchema,
  description: descriptionSchema.optional(),
  share: z.number().gt(0).max(50).multipleOf(0.01),
  layer_id: idSchema.optional(),
});
export type Holdout = z.output<typeof holdoutSchema>;
