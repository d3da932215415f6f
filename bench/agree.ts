// Compares the API's evaluator, the SDKs and OFREP on the same random flags and contexts. `npm run agree [-- PAIRS]`
import { agree } from '../test/agreement/agree.js';
import { javascriptPeer, ofrepPeer, pythonPeer } from '../test/agreement/peers.js';

const peers = [await javascriptPeer(), await pythonPeer(), await ofrepPeer()];
const { pairs, assignments, different, differences, seconds } = await agree(
  peers,
  Number(process.argv[2] ?? 1_000_000),
);
console.table(
  peers.map(({ name }) => ({
    implementation: name,
    'flag and context': pairs,
    assignments,
    different: different[name],
    seconds: Math.round(seconds[name]!),
  })),
);
for (const difference of differences) console.error(JSON.stringify(difference, null, 2));
await Promise.all(peers.map((peer) => peer.close()));
process.exit(differences.length === 0 ? 0 : 1);
