import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What a command writes. @throws with what it complains of, where it fails */
export async function run(
  command: string,
  args: string[],
  { input = '', ...options }: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<string> {
  const child = spawn(command, args, { stdio: 'pipe', ...options });
  child.stdin.on('error', () => undefined).end(input);
  const ended = new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('exit', resolve),
  );
  const [out, complaints, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${complaints}${out.slice(-4_000)}`);
  return out;
}

/**
 * A Python of its own with what `pip install …packages` brings, made once for each version of the file that determines
 * that.
 */
export async function pythonWith(name: string, determinedBy: string, packages: string[]): Promise<string> {
  const version = createHash('sha256').update(readFileSync(determinedBy)).digest('hex').slice(0, 12);
  const venv = join(homedir(), '.cache', 'rampart', `${name}-${version}`);
  const [done, bin] = [join(venv, 'complete'), join(venv, 'bin', 'python')];
  if (existsSync(done)) return bin;
  rmSync(venv, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', venv]);
  await run(bin, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  writeFileSync(done, '');
  return bin;
}
