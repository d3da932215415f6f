import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

/** The part of an OpenAPI document that answers are validated against. */
interface Operation {
  responses: Record<string, { content?: Record<string, unknown>; headers?: Record<string, unknown> }>;
}
interface Document {
  paths: Record<string, { post: Operation }>;
  components: { schemas: Record<string, Record<string, unknown>> };
}

const FILE = join(import.meta.dirname, '..', 'reference', 'ofrep', 'openapi.yaml');
export const FLAGS_PATH = '/ofrep/v1/evaluate/flags';
export const FLAG_PATH = `${FLAGS_PATH}/{key}`;

/** OFREP's own document, with its mistakes mended, as a judge of answers. */
export class OfrepDocument {
  private readonly document: Document;
  private readonly ajv = new Ajv2020({ allErrors: true, strict: false });

  /** @param unmended a mistake that is left in, to show that it is one */
  constructor(unmended?: keyof typeof MENDS) {
    this.document = parse(readFileSync(FILE, 'utf8')) as Document;
    for (const [name, mend] of Object.entries(MENDS)) if (name !== unmended) mend(this.document);
    addFormats.default(this.ajv);
    this.ajv.addSchema(this.document, 'ofrep');
  }

  /** What is wrong with an answer's body, in words; empty where nothing is. */
  complaints(path: string, status: number, body: unknown): string[] {
    const response = this.document.paths[path]!.post.responses[String(status)];
    if (!response) return [`${path} is not to answer ${status}`];
    if (!response.content) return [];
    return this.check(`${pointerOf(path, status)}/content/application~1json/schema`, body);
  }

  /** As `complaints`, of a header; an integer is given as a number. */
  headerComplaints(path: string, status: number, name: string, value: unknown): string[] {
    return this.check(`${pointerOf(path, status)}/headers/${name}/schema`, value);
  }

  /** As `complaints`, by the name of a schema. */
  schemaComplaints(name: string, value: unknown): string[] {
    return this.check(`ofrep#/components/schemas/${name}`, value);
  }

  private check(ref: string, value: unknown): string[] {
    const validate: ValidateFunction = this.ajv.getSchema(ref) ?? this.ajv.compile({ $ref: ref });
    if (validate(value) === true) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }
}

function pointerOf(path: string, status: number): string {
  return `ofrep#/paths/${encodeURIComponent(path.replaceAll('/', '~1'))}/post/responses/${status}`;
}

/** The parts of `evaluationSuccess` and of an answer's headers that are mended. */
interface Success {
  allOf: [{ properties: { reason: { enum: string[] } } }, { oneOf: { $ref: string }[] }];
}
type Headers = Record<string, { schema: object }>;

/** `codeDefaultFlag` asks for nothing, so that it held for every flag, with whatever value, and `oneOf` for none. */
function codeDefaultHasNoValue({ components }: Document): void {
  components.schemas['codeDefaultFlag']!['not'] = { required: ['value'] };
}

/** Every integer is a number, too, so that `oneOf` held for no integer: a number will do for both. */
function integersAreNumbers({ components }: Document): void {
  const kinds = (components.schemas['evaluationSuccess'] as unknown as Success).allOf[1];
  kinds.oneOf = kinds.oneOf.filter(({ $ref }) => !$ref.endsWith('/integerFlag'));
}

/** The document lists some of OpenFeature's reasons; its specification (types, resolution reason) has these, too. */
function allReasons({ components }: Document): void {
  const success = components.schemas['evaluationSuccess'] as unknown as Success;
  success.allOf[0].properties.reason.enum.push('DEFAULT', 'STALE');
}

/** Of one flag only a date is listed, although its description says `or a number of seconds`; of all flags both are. */
function retryAfterInSeconds({ paths }: Document): void {
  const headersOf = (path: string): Headers => paths[path]!.post.responses['429']!.headers as Headers;
  headersOf(FLAG_PATH)['Retry-After'] = headersOf(FLAGS_PATH)['Retry-After']!;
}

export const MENDS = { codeDefaultHasNoValue, integersAreNumbers, allReasons, retryAfterInSeconds };
