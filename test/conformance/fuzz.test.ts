import { expect, it } from 'vitest';
import { fuzz } from './fuzz.js';

it(
  'no request, whatever its bytes, causes a server error, and all responses have OFREP’s shape',
  { timeout: 240_000 },
  async () => {
    const { violations, answered, statuses, max, rss } = await fuzz(3_000);
    expect(violations).toEqual([]);
    expect(answered).toBeGreaterThan(2_500);
    // The requests get past the HTTP parser: each of these statuses occurs.
    for (const status of ['200', '202', '304', '400', '401', '403', '404', '413', '415', '422']) {
      expect(statuses[status], `responses with ${status}`).toBeGreaterThan(0);
    }
    expect(max).toBeLessThan(5_000);
    expect(rss.at(-1)! - rss[0]!).toBeLessThan(200);
  },
);
