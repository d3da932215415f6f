import { fileURLToPath } from 'node:url';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { decrypt, encrypt } from '../secrets/aes-gcm.js';
import { SealingKeys } from '../secrets/sealing-keys.js';

/** The names by which Temporal's own tools know encrypted payloads. */
const ENCODING = 'encoding';
const KEY_ID = 'encryption-key-id';
const ENCRYPTED = 'binary/encrypted';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/**
 * Encrypts what Temporal keeps: arguments, results, signals, updates, and the state that a workflow carries over. It works
 * outside of workflows, which see nothing of it, so histories replay as before; what was written in the clear is still read.
 */
export class EncryptingCodec implements PayloadCodec {
  private readonly keys: SealingKeys;

  /** @param current the id of the key to encrypt with; any that there ever was will do */
  constructor(
    secret: string,
    private readonly current: () => Promise<string>,
  ) {
    this.keys = new SealingKeys(secret, 'rampart temporal payloads');
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    if (payloads.length === 0) return [];
    const key_id = await this.current();
    const key = this.keys.of(key_id);
    return payloads.map((payload) => ({
      metadata: { [ENCODING]: Buffer.from(ENCRYPTED), [KEY_ID]: Buffer.from(key_id) },
      data: encrypt(key, PayloadMessage.encode(payload).finish()),
    }));
  }

  /** @throws if a payload was changed, or encrypted under another secret */
  // eslint-disable-next-line @typescript-eslint/require-await -- the interface wants a promise
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => (isEncrypted(payload) ? this.decrypted(payload) : payload));
  }

  private decrypted({ metadata, data }: Payload): Payload {
    const key = this.keys.of(textOf(metadata?.[KEY_ID]));
    return PayloadMessage.decode(decrypt(key, data ?? new Uint8Array()));
  }
}

export function isEncrypted({ metadata }: Payload): boolean {
  return textOf(metadata?.[ENCODING]) === ENCRYPTED;
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return bytes ? Buffer.from(bytes).toString() : '';
}

/** Of the module that makes payloads of what failures say. Workflows need it in their bundle. */
export const FAILURE_CONVERTER_PATH = fileURLToPath(new URL('./failure-converter.cjs', import.meta.url));

/** How clients, workers and replays turn values and failures into payloads. */
export function encryptedBy(codec: PayloadCodec): DataConverter {
  return { payloadCodecs: [codec], failureConverterPath: FAILURE_CONVERTER_PATH };
}
