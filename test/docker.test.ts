import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { runProgram } from '../src/bin/program.js';
import { configSchema, parseConfig } from '../src/config.js';

const ROOT = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

interface Service {
  image?: string;
  build?: string;
  command?: string[];
  restart?: string;
  environment?: Record<string, string>;
  depends_on?: Record<string, unknown>;
  volumes?: string[];
}
const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
};
const own = Object.entries(services).filter(([, { build }]) => build !== undefined);
const image = read('Dockerfile');
/** The last line with an instruction, without its name. */
const instruction = (name: string): string =>
  [...image.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].at(-1)![1]!;

describe('the image', () => {
  it('runs on the Node that README recommends, in both stages', () => {
    const bases = [...image.matchAll(/^FROM node:(\d+)\./gm)].map(([, major]) => major);
    expect(new Set(bases)).toEqual(new Set(['24']));
    expect(bases).toHaveLength(2);
  });

  it('starts what the build makes, by a command that exists', async () => {
    const [node, program] = JSON.parse(instruction('ENTRYPOINT')) as string[];
    expect(node).toBe('node');
    const source = program!.replace(/^dist\//, '').replace(/\.js$/, '.ts');
    expect(existsSync(new URL(source, ROOT))).toBe(true);
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const commands = [JSON.parse(instruction('CMD')) as string[], ...own.map(([, { command }]) => command!)];
    for (const command of commands) expect(await runProgram([...command, '--help'], {})).toBe(0);
    vi.restoreAllMocks();
  });

  it('has no dependencies of the machine that builds it', () => {
    expect(read('.dockerignore').split('\n')).toEqual(expect.arrayContaining(['**/node_modules', 'dist']));
  });

  it('is not run by root, and listens to other containers', () => {
    expect(instruction('USER')).toBe('node');
    expect(image).toMatch(/^ENV .*HOST=0\.0\.0\.0/m);
  });

  it('is healthy while the API is ready', () => {
    expect(image).toMatch(/^HEALTHCHECK [^\n]*\\\n {2}CMD .*\/readyz/m);
    expect(image).toContain('EXPOSE 8080');
  });
});

describe.each(own)('the service %s', (_, { environment = {}, restart, depends_on = {} }) => {
  it('has settings that the program knows and takes', () => {
    expect(Object.keys(environment).filter((name) => !Object.hasOwn(configSchema.shape, name))).toEqual([]);
    const given = { RAMPART_SECRET: 's'.repeat(32), RAMPART_ADMIN_KEY: 'k'.repeat(16) };
    expect(() => parseConfig({ ...environment, ...given })).not.toThrow();
  });

  it('comes back, and asks for servers that are there', () => {
    expect(restart).toBe('unless-stopped');
    expect(Object.keys(depends_on).filter((name) => !Object.hasOwn(services, name))).toEqual([]);
    const hosts = [environment['MONGODB_URI'], environment['TEMPORAL_ADDRESS']].map(
      (address) => /(?:\/\/)?([\w-]+):\d+/.exec(address!)![1]!,
    );
    expect(hosts.every((host) => Object.hasOwn(depends_on, host))).toBe(true);
  });
});

it('images have fixed versions, and mounted files are there', () => {
  for (const { image: name, volumes = [] } of Object.values(services)) {
    if (name) expect(name).toMatch(/:v?\d+\.\d/);
    for (const path of volumes.filter((volume) => volume.startsWith('./')))
      expect(existsSync(new URL(path.split(':')[0]!, ROOT))).toBe(true);
  }
  const prometheus = parse(read('deploy/prometheus/prometheus.yml')) as {
    scrape_configs: { static_configs: { targets: string[] }[] }[];
  };
  const targets = prometheus.scrape_configs.flatMap((job) =>
    job.static_configs.flatMap((one) => one.targets),
  );
  expect(targets.every((target) => Object.hasOwn(services, target.split(':')[0]!))).toBe(true);
});
