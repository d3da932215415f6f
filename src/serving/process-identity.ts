import { randomBytes } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { ProcessIdentity } from '../store/instances.js';

/**
 * What a process is called in heartbeats and reports. Two processes never share it, whatever their addresses and settings: the
 * name is for people, and what follows it is random.
 */
export function instanceId(name: string = hostname()): string {
  return `${name}:${randomBytes(6).toString('hex')}`;
}

/** A process of this machine, or null where the system does not tell, or there is none. */
export async function identityOf(pid: number): Promise<ProcessIdentity | null> {
  const [machine, started] = await Promise.all([machineId(), startOf(pid)]);
  return machine !== null && started !== null ? { machine, pid, started } : null;
}

/** Whether a process is known to have ended: it ran on this machine, and does so no more. Of others nothing is known. */
export async function hasEnded(other: ProcessIdentity): Promise<boolean> {
  if (other.machine !== (await machineId())) return false;
  return (await startOf(other.pid)) !== other.started;
}

async function machineId(): Promise<string | null> {
  try {
    const [boot, space] = await Promise.all([
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
      readlink('/proc/self/ns/pid'),
    ]);
    return `${boot.trim()} ${space}`;
  } catch {
    return null;
  }
}

/** When a process started; null where there is none. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in brackets, which may have spaces. The start is the twenty-second.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
