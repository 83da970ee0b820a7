import { defaultTiming, type Situation, type Target } from './decide.ts';
import type { Marks } from './marks.ts';
import type { LivenessPeer, Observations } from './observations.ts';
import { probedBy, probersOf, ringOf } from './ring.ts';

export interface SituationSources {
  readonly self: string;
  readonly peers: ReadonlyMap<string, LivenessPeer>;
  readonly marks: Marks;
  readonly observations: Observations;
  /** Whether our socket can send to an address of this family. */
  readonly reaches: (address: string) => boolean;
}

/** What this host knows now of the hosts that it probes. */
export function situationOf({ self, peers, marks, observations, reaches }: SituationSources, nowMs: number): Situation {
  const ring = ringOf([self, ...peers.keys()]);
  const mayVote = (prober: string): boolean =>
    !marks.of(prober, nowMs) && observations.silence(prober, nowMs).silentMs <= defaultTiming.silentMs;
  const targetOf = (hostId: string): Target => {
    const silence = observations.silence(hostId, nowMs);
    return {
      hostId,
      incarnation: observations.incarnation(hostId),
      ...silence,
      mark: marks.of(hostId, nowMs),
      holdMs: marks.holdMs(hostId, silence.heardMs, nowMs),
      otherProber: probersOf(hostId, ring).some((prober) => prober !== self && mayVote(prober)),
    };
  };
  const probed = probedBy(self, ring).filter((hostId) => {
    const peer = peers.get(hostId);
    return peer !== undefined && reaches(peer.address);
  });
  return { self, targets: probed.map(targetOf), ownMark: marks.of(self, nowMs) };
}
