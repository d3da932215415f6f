import { constants, setPriority } from 'node:os';
import { judgePattern } from '../model/pattern.js';

// The process that checks regular expressions: one after the other, in the order in which they come. Serving comes first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
process.on('message', (pattern: string) => process.send!(judgePattern(pattern)));
process.once('disconnect', () => process.exit());
