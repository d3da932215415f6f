/** What both providers need to know. */
export interface ConnectionOptions {
  /** Where the server is, such as `https://rampart.example.com`. */
  baseUrl: string;
  /** A key made at `POST /v1/keys`: role `server` for services, `client` for pages. */
  apiKey: string;
}

/** @throws {TypeError} naming the option and the remedy */
export function checkConnection(options: Partial<ConnectionOptions> | undefined, absolute: boolean): void {
  const { baseUrl, apiKey } = options ?? {};
  if (typeof baseUrl !== 'string' || baseUrl === '' || (absolute && !/^https?:\/\/[^/]/.test(baseUrl))) {
    throw new TypeError('baseUrl must be the URL of the server, such as https://rampart.example.com');
  }
  // Anything else could not be sent in a header.
  if (typeof apiKey !== 'string' || !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new TypeError('apiKey must be a key made at POST /v1/keys: printable ASCII without spaces');
  }
}

/** @throws {TypeError} naming the first option that is out of its range */
export function checkNumbers(options: object, names: readonly string[], least: number): void {
  for (const name of names) {
    const value = (options as Record<string, unknown>)[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > 2 ** 31 - 1) {
      throw new TypeError(`${name} must be a whole number of at least ${least}, not ${String(value)}`);
    }
  }
}
