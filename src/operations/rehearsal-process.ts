import { rehearse } from '../rehearsal/rehearse.js';
import type { RehearsalOrder } from './rehearse-apart.js';

// The process of one rehearsal. It takes the order, answers and ends. It also ends with its parent.
process.once('message', ({ launch, options }: RehearsalOrder) => {
  process.send!(rehearse(launch, options), () => process.disconnect());
});
process.once('disconnect', () => process.exit());
