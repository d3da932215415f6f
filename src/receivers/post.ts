import { lookup, type LookupAddress } from 'node:dns';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import type { AddressRules } from './address-rules.js';

/** What a receiver answered. */
export interface PostAnswer {
  status: number;
  /** Its beginning, at most 4 KiB. */
  body: string;
  retry_after: string | null;
}

/** Nothing may be sent there, now or later, as long as the settings are what they are. */
export class ForbiddenAddress extends Error {}

/** From the first look-up to the last byte of an answer, ms. */
const LONGEST_MS = 10_000;
const MOST_BYTES = 4_096;

/**
 * Posts JSON to an address that a person has given. Only addresses that the rules allow are connected to: the connection is
 * made to the very address that was checked, so that a name cannot lead elsewhere a moment later. Redirects are answers, and
 * not followed.
 *
 * @throws {ForbiddenAddress} where the rules do not allow the address
 * @throws {Error} where there is no answer in time
 */
export async function post(
  rules: AddressRules,
  address: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<PostAnswer> {
  const url = new URL(address);
  assertAllowed(rules, url);
  const options: RequestOptions = {
    method: 'POST',
    // No connection is kept: each is made to an address that was checked for it.
    agent: false,
    headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    lookup: checkedLookup(rules, url.protocol),
    signal: AbortSignal.timeout(LONGEST_MS),
  };
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = send(url, options, (response) => {
      beginningOf(response).then(
        (text) =>
          resolve({
            status: response.statusCode ?? 0,
            body: text,
            retry_after: response.headers['retry-after'] ?? null,
          }),
        reject,
      );
    });
    sent.on('error', (error) => reject(inWords(error)));
    sent.end(body);
  });
}

/** What can be said of an address before its name is looked up. @throws {ForbiddenAddress} */
export function assertAllowed(rules: AddressRules, { protocol, hostname }: URL): void {
  // An IPv6 address stands in brackets there.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  if (rules.namesHost(host) || isIP(host) === 0) return;
  if (!rules.allows(host)) throw forbidden(host);
  if (protocol === 'http:' && !rules.namesAddress(host)) throw unencrypted(host);
}

/** The look-up of names, which gives only addresses that are allowed. */
function checkedLookup(rules: AddressRules, protocol: string): NonNullable<RequestOptions['lookup']> {
  return (host, options, callback) => {
    const family = typeof options.family === 'number' ? options.family : 0;
    lookup(host, { family, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const reason = refusalOf(rules, host, protocol, found);
      if (reason) return callback(reason, []);
      if (options.all) return callback(null, found);
      const [first] = found as [LookupAddress];
      callback(null, first.address, first.family);
    });
  };
}

/** A name of which any address is forbidden is refused as a whole: nobody can tell which one is meant. */
function refusalOf(
  rules: AddressRules,
  host: string,
  protocol: string,
  found: readonly LookupAddress[],
): ForbiddenAddress | null {
  if (rules.namesHost(host)) return null;
  const wrong = found.find(({ address }) => !rules.allows(address));
  if (wrong || found.length === 0) return forbidden(host);
  const isNamed = found.every(({ address }) => rules.namesAddress(address));
  return protocol === 'http:' && !isNamed ? unencrypted(host) : null;
}

function forbidden(host: string): ForbiddenAddress {
  return new ForbiddenAddress(
    `${host} is no public address: name it in RAMPART_WEBHOOK_ALLOW if alerts may go there`,
  );
}

function unencrypted(host: string): ForbiddenAddress {
  return new ForbiddenAddress(
    `alerts go over https; take an https address, or name ${host} in RAMPART_WEBHOOK_ALLOW`,
  );
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= MOST_BYTES) break;
  }
  response.destroy();
  return Buffer.concat(parts).subarray(0, MOST_BYTES).toString('utf8');
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'the name of the host is not known',
  EAI_AGAIN: 'the name of the host could not be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the host does not answer',
};

function inWords(error: Error & { code?: string }): Error {
  if (error instanceof ForbiddenAddress) return error;
  if (error.name === 'TimeoutError' || error.name === 'AbortError' || error.code === 'ABORT_ERR')
    return new Error(`no answer within ${LONGEST_MS / 1_000} s`);
  return new Error((error.code !== undefined && WORDS[error.code]) || firstLine(error));
}

function firstLine({ message, ...error }: Error & { errors?: readonly Error[] }): string {
  // One name with several addresses fails with an error for each.
  const text = message === '' ? (error.errors?.[0]?.message ?? 'it could not be sent') : message;
  return text.split('\n')[0]!;
}
