import { addressOf, composeUp, dieTime } from './containers.ts';
import type { NameWatch } from './name-watch.ts';
import type { Member } from './world.ts';

/**
 * Milliseconds from Docker's time stamps on one host to the changed answer on another. Negative: the answer was earlier, because
 * an address is known when Docker joins the network, before the first process runs, and is removed at the stop signal, before
 * the last process ends.
 */
export interface Propagation {
  readonly startToAnswered: readonly number[];
  readonly dieToGone: readonly number[];
}

/** Starts and stops a container of `web` on `origin`, `rounds` times, while `watch` queries the name elsewhere. */
export async function measurePropagation(origin: Member, watch: NameWatch, rounds: number): Promise<Propagation> {
  const startToAnswered: number[] = [];
  const dieToGone: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const asked = Date.now();
    const id = await composeUp(origin, 'shop', 'web', 100 + round);
    const address = await addressOf(origin, id);
    const container = origin.engine.docker.getContainer(id);
    const startedAt = Date.parse((await container.inspect()).State.StartedAt);
    const seen = await watch.until(`${address} answered`, ({ addresses }) => addresses.includes(address), asked);
    startToAnswered.push(seen.at - startedAt);
    const died = dieTime(origin, id);
    await container.kill();
    const diedAt = await died;
    const gone = await watch.until(`${address} gone`, ({ addresses }) => !addresses.includes(address), seen.at);
    dieToGone.push(gone.at - diedAt);
    await container.remove({ force: true });
  }
  return { startToAnswered, dieToGone };
}
