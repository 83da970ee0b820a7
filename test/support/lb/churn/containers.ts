import { poll } from '../../poll.ts';
import { createRandom } from '../../random.ts';
import type { Load } from '../load.ts';
import { type ChurnWorld, hostOf, startEchoContainer } from './churn-world.ts';

/** At most so many run besides the permanent ones, and so many stop at the same time. */
const MOST = 4;
const FIRST_NUMBER = 10;

/**
 * Starts containers and stops them with `docker stop`, on both hosts, `count` times. A container that starts must get requests before
 * anything else happens.
 */
export async function changeContainers(
  world: ChurnWorld,
  load: Load,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<void> {
  const random = createRandom(seed);
  const running = new Set<number>();
  const stopping = new Set<Promise<void>>();
  const stop = (number: number): void => {
    running.delete(number);
    const stopped = stopContainer(world, number).finally(() => stopping.delete(stopped));
    stopped.catch(() => {
      // The awaits below report it.
    });
    stopping.add(stopped);
  };
  for (let change = 0, number = FIRST_NUMBER; change < count; change += 1) {
    const rest = count - change;
    const starts = running.size < Math.min(MOST, rest - 1) && (running.size === 0 || random.below(2) === 0);
    if (starts) {
      number += 1;
      await startServing(world, load, number);
      running.add(number);
    } else {
      if (stopping.size >= MOST) await Promise.race(stopping);
      stop(random.one([...running]));
    }
  }
  await Promise.all(stopping);
}

async function startServing(world: ChurnWorld, load: Load, number: number): Promise<void> {
  const before = load.current().servedBy;
  await startEchoContainer(hostOf(world, number), number, 'drain');
  const isNew = (id: string): boolean => id.startsWith(`web-${number}-`) && before[id] === undefined;
  const serves = () => Object.keys(load.current().servedBy).some(isNew);
  await poll(serves, { what: `a reply of the new web-${number}`, timeoutMs: 30_000 });
}

async function stopContainer(world: ChurnWorld, number: number): Promise<void> {
  const container = hostOf(world, number).engine.docker.getContainer(`shop-web-${number}`);
  await container.stop();
  await container.remove();
}
