import { Client, Connection } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { encryptedBy } from './payload-codec.js';

/** Every request ends by itself after so long; who can wait less stops waiting sooner. */
const LONGEST_S = 5;

/**
 * A connection without AsyncLocalStorage. Before Node 24, once that is used, every promise, timer and socket of the
 * process costs more, and the API has many of them for each request that it serves. So metadata and deadline are those
 * of the connection, the same for all requests.
 */
class PlainConnection extends Connection {
  override withDeadline<T>(_deadline: number | Date, call: () => Promise<T>): Promise<T> {
    return call();
  }

  override withMetadata<T>(_metadata: object, call: () => Promise<T>): Promise<T> {
    return call();
  }
}

/**
 * A client that connects when it is first used, and again when the server comes back.
 *
 * @param codec encrypts what it sends; without one it sends in the clear, and reads no workflow of the product
 */
export function temporalClient(address: string, namespace: string, codec?: PayloadCodec): Client {
  const connection = PlainConnection.lazy({
    address,
    connectTimeout: '2s',
    metadata: { 'temporal-namespace': namespace },
    channelArgs: {
      'grpc.service_config': JSON.stringify({
        methodConfig: [{ name: [{}], timeout: { seconds: LONGEST_S, nanos: 0 } }],
      }),
    },
  });
  return new Client({ connection, namespace, ...(codec && { dataConverter: encryptedBy(codec) }) });
}
