export interface InputError {
  path: string;
  code: string;
  message: string;
}

export type Fields = Record<string, unknown>;

/** Checks of single fields. Each records what is wrong with a field under its dotted path. */
export class FieldChecks {
  readonly errors: InputError[] = [];

  wrong(path: string, code: string, message: string): void {
    this.errors.push({ path, code, message });
  }

  object(value: unknown, path: string): Fields | null {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
    this.wrong(path, value === undefined ? 'required' : 'invalid_type', 'must be an object');
    return null;
  }

  /** All fields are among `names`. */
  known(given: Fields, names: readonly string[], prefix: string): void {
    for (const name of Object.keys(given)) {
      if (!names.includes(name)) this.wrong(prefix + name, 'unknown_field', 'is not a field here');
    }
  }

  /** There is a field for each variant, and no other. */
  sameVariants(given: Fields, variants: readonly string[], path: string): void {
    for (const name of Object.keys(given)) {
      if (!variants.includes(name)) this.wrong(`${path}.${name}`, 'unknown_variant', 'is not in allocation');
    }
    for (const name of variants) {
      if (!(name in given)) this.wrong(`${path}.${name}`, 'required', 'is in allocation and missing here');
    }
  }

  /** All fields are positive numbers. */
  weights(given: Fields, path: string): Record<string, number> {
    for (const [variant, weight] of Object.entries(given)) {
      this.number(weight, `${path}.${variant}`, (n) => n > 0, 'must be greater than 0');
    }
    return given as Record<string, number>;
  }

  oneOf<Value extends string>(value: unknown, path: string, allowed: readonly Value[]): Value | null {
    if (allowed.includes(value as Value)) return value as Value;
    this.wrong(
      path,
      value === undefined ? 'required' : 'invalid_value',
      `must be one of ${allowed.join(', ')}`,
    );
    return null;
  }

  number(value: unknown, path: string, fits: (n: number) => boolean, message: string): void {
    if (value === undefined) this.wrong(path, 'required', message);
    else if (typeof value !== 'number' || !Number.isFinite(value))
      this.wrong(path, 'invalid_type', 'must be a number');
    else if (!fits(value)) this.wrong(path, 'out_of_range', message);
  }

  integer(value: unknown, path: string): bigint | null {
    if (typeof value === 'string' && /^-?\d{1,60}$/.test(value)) return BigInt(value);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
    if (value === undefined) this.wrong(path, 'required', 'is missing');
    else if (typeof value === 'number' && Number.isInteger(value)) {
      this.wrong(path, 'out_of_range', 'an integer beyond 2^53 − 1 must be a decimal string');
    } else this.wrong(path, 'invalid_type', 'must be an integer, as a number or a decimal string');
    return null;
  }

  /** An integer that is not negative. */
  count(value: unknown, path: string): bigint | null {
    const integer = this.integer(value, path);
    if (integer === null || integer >= 0n) return integer;
    this.wrong(path, 'out_of_range', 'must not be negative');
    return null;
  }

  /** An integer greater than 0. */
  atLeastOne(value: unknown, path: string): bigint | null {
    const integer = this.integer(value, path);
    if (integer === null || integer >= 1n) return integer;
    this.wrong(path, 'out_of_range', 'must be at least 1');
    return null;
  }
}
