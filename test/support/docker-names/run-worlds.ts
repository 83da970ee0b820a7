import { resolve } from 'node:path';
import { poll } from '../poll.ts';
import type { Member } from '../world.ts';
import { buildWorld, removeWorld } from './build-world.ts';
import { type Comparison, compareNames } from './compare-names.ts';
import { randomWorld } from './random-world.ts';

/** Address of Docker's default bridge on the host, where the upstream of the containers listens. */
const UPSTREAM = '172.17.0.1';
/** Facts follow Docker's events within milliseconds; a busy machine takes longer. */
const SETTLE_MS = 20_000;

/** Builds one world for each seed and compares Drover's answers with those of Docker's own resolver. */
export async function* runWorlds(
  { host, engine }: Member,
  seeds: Iterable<number>,
): AsyncGenerator<[number, Comparison]> {
  const script = resolve(import.meta.dirname, 'no-such-name.ts');
  const upstream = host.start(process.execPath, [script, UPSTREAM]);
  await poll(() => upstream.stdout().includes('ready'), { what: 'the upstream', giveUp: upstream.assertRunning });
  for (const seed of seeds) {
    const world = randomWorld(seed);
    await buildWorld(engine, world, UPSTREAM);
    const deadline = performance.now() + SETTLE_MS;
    let comparison = await compareNames(host, engine, world);
    while (comparison.differences.length > 0 && performance.now() < deadline) {
      comparison = await compareNames(host, engine, world);
    }
    yield [seed, comparison];
    await removeWorld(engine, world);
  }
}
