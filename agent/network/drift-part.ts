import { followKernel } from '../../linux/index.ts';
import { createWakeUp } from '../../system/index.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part } from '../parts/part.ts';

const OURS = [
  // Devices of ours, and ports of our bridge. Not what happens on the bridge: the kernel learns and forgets neighbours there all the time.
  /\b(drover0|drover-(vx|wg[01]|ipsec)|ipsec0)\b/,
  /: .* master drover/,
  // Routes and rules.
  /\bproto 250\b/,
  // Tables of nftables, and the chains of iptables with rules of ours.
  /^(add|insert|replace|delete|destroy) (table|chain|rule|set|element|map) (ip|inet|bridge) (drover|\w+ (FORWARD|DOCKER-USER|PREROUTING)\b)/,
];
/** Changes that Drover makes itself are reported, too. */
const PAUSE_MS = 1_000;

/** Notices changes by other programs in the kernel at once, not at the next interval. */
export function driftPart(
  { clock }: Pick<AgentDependencies, 'clock'>,
  serviceAddress: string,
  recheck: () => void,
): Part {
  const concerns = (line: string): boolean =>
    OURS.some((pattern) => pattern.test(line)) || line.includes(`${serviceAddress}/`);
  return async (signal, report) => {
    const changes = createWakeUp(clock);
    const end = new AbortController();
    const until = AbortSignal.any([signal, end.signal]);
    const following = followKernel((line) => concerns(line) && changes.wake(), { signal: until }).finally(() =>
      end.abort(),
    );
    // What changed while nothing was followed.
    changes.wake();
    report.done();
    while (!until.aborted) {
      await changes.wait(null, until);
      if (!until.aborted) recheck();
      await changes.pause(PAUSE_MS, until);
    }
    await following;
  };
}
