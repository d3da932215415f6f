import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Operation {
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

/** The part of OpenAPI that answers are held against. */
export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

/** The API's own document as a judge of its answers. */
export class ApiDocument {
  // Shares are per cent with two decimals, which binary fractions only come near to.
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, multipleOfPrecision: 6 });
  private readonly paths: { pattern: RegExp; path: string }[];

  constructor(private readonly document: OpenApi) {
    addFormats.default(this.ajv);
    this.ajv.addSchema(document, 'api');
    // Of two that match, OpenAPI takes the one with fewer parameters.
    const parameters = (path: string): number => path.split('{').length;
    this.paths = Object.keys(document.paths)
      .sort((a, b) => parameters(a) - parameters(b))
      .map((path) => ({
        path,
        pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      }));
  }

  /**
   * What is wrong with an answer, in words; empty where nothing is.
   *
   * @param target path and query of the request
   * @param type of the answer, as its header has it; null where there is none
   */
  complaints(method: string, target: string, status: number, type: string | null, body: string): string[] {
    const path = target.split('?')[0]!;
    const name = method.toLowerCase();
    const found = this.paths.find(
      (one) => one.pattern.test(path) && this.document.paths[one.path]![name] !== undefined,
    );
    const operation = found && this.document.paths[found.path]![name];
    if (!operation) return status === 404 ? [] : [`${method} ${path} is not in the document`];
    const { responses } = operation;
    const key = String(status) in responses ? String(status) : status >= 400 ? 'default' : null;
    if (key === null) return [`${method} ${found.path} does not declare status ${status}`];
    const { content } = responses[key]!;
    if (!content) return body === '' ? [] : [`${method} ${found.path} declares no body for ${status}`];
    const media = type?.split(';')[0] ?? '';
    if (!(media in content)) return [`${method} ${found.path} does not declare ${media} for ${status}`];
    if (!media.endsWith('json')) return [];
    const parts = ['paths', found.path, method.toLowerCase(), 'responses', key, 'content', media, 'schema'];
    return this.check(`api#/${parts.map(pointerPart).join('/')}`, JSON.parse(body));
  }

  private check(ref: string, value: unknown): string[] {
    const validate: ValidateFunction = this.ajv.getSchema(ref) ?? this.ajv.compile({ $ref: ref });
    if (validate(value) === true) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }
}

function pointerPart(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));
}
