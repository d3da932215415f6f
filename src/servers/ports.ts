import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that kernels assign themselves (Linux from 32768, others from 49152). Between our choice and its use,
 * a kernel could assign such a port to a connection.
 */
const PORTS = { from: 20_000, to: 32_768 };
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

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
