import { followKernel } from '../../linux/index.ts';
import { createWakeUp } from '../../system/index.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part } from '../parts/part.ts';

/** Devices of tunnels, and the protocol of our routes and rules. */
const OURS = /\b(drover-(vx|wg[01]|ipsec)|ipsec0|proto 250)\b/;
/** Changes that Drover makes itself are reported, too. */
const PAUSE_MS = 500;

/** Notices changes of tunnels and routes by other programs at once, not at the next interval. */
export function driftPart({ clock }: Pick<AgentDependencies, 'clock'>, recheck: () => void): Part {
  return async (signal, report) => {
    const changes = createWakeUp(clock);
    const end = new AbortController();
    const until = AbortSignal.any([signal, end.signal]);
    const following = followKernel((line) => OURS.test(line) && changes.wake(), until).finally(() => end.abort());
    report.done();
    while (!until.aborted) {
      await changes.wait(null, until);
      if (!until.aborted) recheck();
      await changes.pause(PAUSE_MS, until);
    }
    await following;
  };
}
