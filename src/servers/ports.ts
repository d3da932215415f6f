import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { StartError } from '../start-error.js';

/**
 * Below the ports that kernels assign themselves (Linux from 32768, others from 49152). Between our choice and its use,
 * a kernel could assign such a port to a connection.
 */
const PORTS = { from: 20_000, to: 32_768 };
/** A process starts few servers, and a few more where one has ended: never as many as there are ports. */
const givenOut = new Set<number>();

/** A port of this machine that is free now, and that this process has not given out before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.to);
    if (givenOut.has(port)) continue;
    givenOut.add(port);
    if (await isFree(port)) return port;
  }
}

/** @throws {StartError} where another process listens on the port, or the address is none of this machine */
export async function assertPortIsFree(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(host, port, error)));
    server.listen(port, host, () => server.close(() => resolve()));
  });
}

/**
 * Why a server cannot listen, as one line.
 *
 * @param setting the variable that has the port
 */
export function cannotListen(
  host: string,
  port: number,
  error: NodeJS.ErrnoException,
  setting = 'PORT',
): StartError {
  const { code } = error;
  if (code === 'EADDRINUSE')
    return new StartError(
      `${setting}: another process listens on ${host}:${port}: stop it, or set ${setting} to another port`,
    );
  if (code === 'EACCES')
    return new StartError(
      `${setting}: this user may not listen on port ${port}: set ${setting} to one above 1023`,
    );
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new StartError(
      `HOST: ${host} is no address of this machine: set HOST to 127.0.0.1, or to 0.0.0.0 for all`,
    );
  return new StartError(`${setting}, HOST: cannot listen on ${host}:${port} (${error.message})`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
