import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

/** The part of an OpenAPI document that responses are validated against. */
interface Operation {
  responses: Record<string, { content?: Record<string, unknown>; headers?: Record<string, unknown> }>;
}
interface OpenApiDocument {
  paths: Record<string, { post: Operation }>;
  components: { schemas: Record<string, Record<string, unknown>> };
}

const FILE = join(import.meta.dirname, '..', 'reference', 'ofrep', 'openapi.yaml');
export const FLAGS_PATH = '/ofrep/v1/evaluate/flags';
export const FLAG_PATH = `${FLAGS_PATH}/{key}`;

/** Validates responses against OFREP's own OpenAPI document, with its mistakes corrected. */
export class OfrepDocument {
  private readonly document: OpenApiDocument;
  private readonly ajv = new Ajv2020({ allErrors: true, strict: false });

  /** @param uncorrected a mistake that is kept, to show that the correction is needed */
  constructor(uncorrected?: keyof typeof CORRECTIONS) {
    this.document = parse(readFileSync(FILE, 'utf8')) as OpenApiDocument;
    for (const [name, correct] of Object.entries(CORRECTIONS))
      if (name !== uncorrected) correct(this.document);
    addFormats.default(this.ajv);
    this.ajv.addSchema(this.document, 'ofrep');
  }

  /** What is wrong with a response's body; empty where it is valid. */
  complaints(path: string, status: number, body: unknown): string[] {
    const response = this.document.paths[path]!.post.responses[String(status)];
    if (!response) return [`${path} must not respond with ${status}`];
    if (!response.content) return [];
    return this.check(`${pointerOf(path, status)}/content/application~1json/schema`, body);
  }

  /** As `complaints`, for a header; integers are passed as numbers. */
  headerComplaints(path: string, status: number, name: string, value: unknown): string[] {
    return this.check(`${pointerOf(path, status)}/headers/${name}/schema`, value);
  }

  /** As `complaints`, for a schema by its name. */
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

/** The parts of `evaluationSuccess` and of a response's headers that are corrected. */
interface Success {
  allOf: [{ properties: { reason: { enum: string[] } } }, { oneOf: { $ref: string }[] }];
}
type Headers = Record<string, { schema: object }>;

/** `codeDefaultFlag` requires nothing: it matches every flag with any value, so `oneOf` never holds. */
function codeDefaultHasNoValue({ components }: OpenApiDocument): void {
  components.schemas['codeDefaultFlag']!['not'] = { required: ['value'] };
}

/** Every integer is also a number, so `oneOf` never holds for an integer. The number schema covers both. */
function integersAreNumbers({ components }: OpenApiDocument): void {
  const kinds = (components.schemas['evaluationSuccess'] as unknown as Success).allOf[1];
  kinds.oneOf = kinds.oneOf.filter(({ $ref }) => !$ref.endsWith('/integerFlag'));
}

/** The document lists only some of the reasons that OpenFeature's specification has (types, resolution reason). */
function allReasons({ components }: OpenApiDocument): void {
  const success = components.schemas['evaluationSuccess'] as unknown as Success;
  success.allOf[0].properties.reason.enum.push('DEFAULT', 'STALE');
}

/** For one flag only a date is allowed, although the description says `or a number of seconds`; for all flags both are. */
function retryAfterInSeconds({ paths }: OpenApiDocument): void {
  const headersOf = (path: string): Headers => paths[path]!.post.responses['429']!.headers as Headers;
  headersOf(FLAG_PATH)['Retry-After'] = headersOf(FLAGS_PATH)['Retry-After']!;
}

export const CORRECTIONS = { codeDefaultHasNoValue, integersAreNumbers, allReasons, retryAfterInSeconds };
