import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EncryptingCodec, isEncrypted } from '../../src/temporal/payload-codec.js';

const SECRET = 'a secret of tests that is long enough';
let current = 'k1';
const codec = new EncryptingCodec(SECRET, () => Promise.resolve(current));

function payloadOf(value: unknown): Payload {
  return defaultPayloadConverter.toPayload(value);
}

function valueOf(payload: Payload): unknown {
  return defaultPayloadConverter.fromPayload(payload);
}

describe('what Temporal keeps', () => {
  it('is read back as it was, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 4 }), async (values) => {
        const encoded = await codec.encode(values.map(payloadOf));
        expect(encoded.every(isEncrypted)).toBe(true);
        expect((await codec.decode(encoded)).map(valueOf)).toEqual(
          values.map((value) => JSON.parse(JSON.stringify(value)) as unknown),
        );
      }),
    );
    const [none] = await codec.decode(await codec.encode([payloadOf(undefined)]));
    expect(valueOf(none!)).toBeUndefined();
  });

  it('says nothing but which key encrypted it', async () => {
    const [encoded] = await codec.encode([payloadOf({ reason: 'a secret reason' })]);
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
    expect(Object.keys(encoded!.metadata!).sort()).toEqual(['encoding', 'encryption-key-id']);
    expect(text(encoded!.metadata!['encryption-key-id']!)).toBe('k1');
    expect(text(encoded!.data!)).not.toMatch(/reason|json/);
  });

  it('is read in the clear where it was written so, before there was a codec', async () => {
    const plain = [payloadOf({ experiment_id: 'e' }), payloadOf(7)];
    expect(await codec.decode(plain)).toEqual(plain);
  });

  it('stays readable after rotations, also by a process that has not heard of them', async () => {
    current = 'k2';
    const encoded = await codec.encode([payloadOf('later')]);
    current = 'k1';
    const other = new EncryptingCodec(SECRET, () => Promise.resolve('k1'));
    expect((await other.decode(encoded)).map(valueOf)).toEqual(['later']);
  });

  it('is refused where it was changed, or is of another secret', async () => {
    const [encoded] = await codec.encode([payloadOf('x')]);
    const data = Buffer.from(encoded!.data!);
    data[data.length - 1]! ^= 1;
    const other = new EncryptingCodec('another secret, which is long enough too', () =>
      Promise.resolve('k1'),
    );
    await expect(codec.decode([{ ...encoded!, data }])).rejects.toThrow();
    await expect(other.decode([encoded!])).rejects.toThrow();
  });
});
