import { validationFailed } from '../../src/errors.js';
import type { ApiContext } from '../context.js';
import { wholeInstallation } from '../environments.js';
import { route, type Route } from '../route.js';
import * as answers from '../schemas/privacy.js';

/** As the codec knows payloads. */
type Payload = Parameters<ApiContext['codec']['encode']>[0][number];

/**
 * A codec server, as Temporal's web page and command line ask for one: they show what workflows keep, and have the payloads
 * decrypted here. Nothing is changed by it.
 */
export function temporalCodecRoutes(context: ApiContext): Route[] {
  const { codec, config } = context;
  const about = {
    method: 'post',
    action: 'administer',
    environments: wholeInstallation,
    tag: 'privacy',
    body: answers.payloads,
    replies: { 200: answers.payloads },
    alsoFrom: config.RAMPART_TEMPORAL_UI_ORIGIN,
  } as const;
  return [
    route({
      ...about,
      path: '/v1/temporal-codec/decode',
      summary: "Decrypt payloads for Temporal's own tools",
      async handle({ body: { payloads } }) {
        const decoded = await Promise.all(
          payloads.map(async (payload, index) => {
            try {
              return (await codec.decode([fromJson(payload)]))[0]!;
            } catch {
              const message = 'cannot be decrypted: it was changed, or encrypted under another secret';
              throw validationFailed([{ path: `payloads.${index}`, code: 'invalid_value', message }]);
            }
          }),
        );
        return { status: 200, body: { payloads: decoded.map(toJson) } };
      },
    }),
    route({
      ...about,
      path: '/v1/temporal-codec/encode',
      summary: "Encrypt payloads for Temporal's own tools",
      async handle({ body: { payloads } }) {
        return { status: 200, body: { payloads: (await codec.encode(payloads.map(fromJson))).map(toJson) } };
      },
    }),
  ];
}

function fromJson({ metadata = {}, data = '' }: answers.Payloads['payloads'][number]): Payload {
  const bytes = Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text, 'base64')]);
  return { metadata: Object.fromEntries(bytes) as Payload['metadata'], data: Buffer.from(data, 'base64') };
}

function toJson({ metadata, data }: Payload): answers.Payloads['payloads'][number] {
  const texts = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)]);
  return {
    metadata: Object.fromEntries(texts) as Record<string, string>,
    data: base64(data ?? new Uint8Array()),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
