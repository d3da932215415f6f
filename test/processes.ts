import { readdir, readFile } from 'node:fs/promises';

/** All processes, with their command lines. */
export async function processes(): Promise<{ pid: number; parent: number; command: string }[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    names.map(async (name) => {
      const read = (file: string): Promise<string> =>
        readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '');
      const [status, command] = await Promise.all([read('status'), read('cmdline')]);
      const parent = Number(/^PPid:\t(\d+)$/m.exec(status)?.[1]);
      return { pid: Number(name), parent, command: command.replaceAll('\0', ' ') };
    }),
  );
}

/** Those that a process started itself. */
export async function childrenOf(parent: number): Promise<{ pid: number; command: string }[]> {
  return (await processes()).filter((one) => one.parent === parent);
}
