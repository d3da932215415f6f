import type { ChildProcess } from 'node:child_process';
import cluster from 'node:cluster';
import { GroupMember, type Channel, type GroupMessage } from '../../api/process-group.js';

/** This process among those of its port; null where it is the only one. */
export function groupOfThisProcess(): GroupMember | null {
  return cluster.isWorker ? new GroupMember(channelTo(process)) : null;
}

/** The channel between a process of a cluster and the one that started it, seen from either side. */
export function channelTo(other: ChildProcess | NodeJS.Process): Channel {
  return {
    send(message) {
      // Who ends takes no more messages, and misses none.
      if (other.connected) other.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage(listener) {
      other.on('message', (message: unknown) => {
        if (isOurs(message)) listener(message);
      });
    },
  };
}

function isOurs(message: unknown): message is GroupMessage {
  return typeof message === 'object' && message !== null && 'rampart' in message;
}
