interface Schema {
  $ref?: string;
  const?: unknown;
  enum?: unknown[];
  type?: string | string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  minItems?: number;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  additionalProperties?: boolean | Schema;
  minimum?: number;
  format?: string;
}

/** Fields of bodies that are about units, or about the people behind them. Other texts are those of definitions. */
const OF_UNITS = /^(unit_ids?|targetingKey)$/;
const OF_PEOPLE = /^(attributes|context|properties)$/;

/** A body that a schema may take, which says of whom it is wherever it can. */
export class SampleBodies {
  constructor(
    private readonly schemas: Readonly<Record<string, Schema>>,
    private readonly unit_id: string,
  ) {}

  of(schema: Schema, name = '', depth = 0): unknown {
    if (depth > 12) return null;
    if (schema.$ref !== undefined)
      return this.of(this.schemas[schema.$ref.split('/').at(-1)!] ?? {}, name, depth + 1);
    if (OF_PEOPLE.test(name)) return { targetingKey: this.unit_id, email: this.unit_id, id: this.unit_id };
    const [variant] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
    if (variant) return this.of(variant, name, depth + 1);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return schema.enum[0];
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
    if (type === 'array') return [this.of(schema.items ?? {}, name, depth + 1)];
    if (type === 'object' || schema.properties) return this.object(schema, depth);
    if (OF_UNITS.test(name)) return this.unit_id;
    if (type === 'number' || type === 'integer') return schema.minimum ?? 1;
    if (type === 'boolean') return true;
    return schema.format === 'date-time' ? new Date().toISOString() : 'x';
  }

  private object({ properties = {} }: Schema, depth: number): object {
    return Object.fromEntries(
      Object.entries(properties).map(([name, one]) => [name, this.of(one, name, depth + 1)]),
    );
  }
}
