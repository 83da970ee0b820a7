import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Member } from '../world.ts';
import type { ResolverClient, ResolverWorld } from './world.ts';
import { CLIENTS } from './world.ts';

/** The results of a client; a stall is a lookup of more than a second. */
export interface Walk {
  readonly client: string;
  readonly lookups: number;
  readonly failed: number;
  readonly stalled: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The first ones, in words. */
  readonly failures: readonly string[];
}

/** Concurrent lookups per client. */
const AT_ONCE = 4;

/** Lets all clients look up this many names each, at the same time. */
export async function walkAll({ alpha, names }: ResolverWorld, lookupsEach: number): Promise<readonly Walk[]> {
  await writeFile(join(alpha.host.dir, 'clients/names'), `${names.join('\n')}\n`);
  return Promise.all(CLIENTS.map((client) => walk(alpha, client, lookupsEach)));
}

async function walk(alpha: Member, client: ResolverClient, lookups: number): Promise<Walk> {
  const { name, container, command } = client;
  const args = [...command, name, '/clients/names', String(lookups), String(AT_ONCE)];
  return run<Walk>(alpha, container, args);
}

/** Runs a program of `/clients` inside a container and parses its JSON output. Throws with the output if it fails. */
export async function run<T>(alpha: Member, container: string, [program, ...args]: readonly string[]): Promise<T> {
  const { exitCode, output } = await alpha.engine.exec(container, [`/clients/${program}`, ...args]);
  if (exitCode !== 0) throw new Error(`${program} in ${container} ended with ${exitCode}:\n${output}`);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T;
}
