/** The document `liveness/<hostId>` on the bus, as one observer sees it. */
export interface Mark {
  readonly state: 'suspect' | 'down';
  readonly incarnation: number;
  /** Host id of the writer. */
  readonly by: string;
  readonly revision: number;
  /** Time since this observer saw it first. */
  readonly ageMs: number;
}

/** A host that this observer probes. */
export interface Target {
  readonly hostId: string;
  readonly incarnation: number;
  /** Time since its last packet; null if there was none. */
  readonly heardMs: number | null;
  /** The silence that counts: since its last packet, since the first probe, or since this observer resumed after a pause. */
  readonly silentMs: number;
  readonly mark: Mark | null;
  /** Time during which this observer does not mark it again, because another host refuted its last mark. */
  readonly holdMs: number;
  /** Whether another prober of it can still vote, because that prober is neither marked nor silent. */
  readonly otherProber: boolean;
}

export interface Situation {
  readonly self: string;
  readonly targets: readonly Target[];
  /** The mark about this observer itself. */
  readonly ownMark: Mark | null;
}

/** A write by compare-and-set. `expect` is the revision of the mark on which the decision is based (0: no mark). */
export type Action =
  | {
      readonly kind: 'suspect' | 'confirm';
      readonly hostId: string;
      readonly incarnation: number;
      readonly expect: number;
    }
  | { readonly kind: 'clear'; readonly hostId: string; readonly expect: number };

export interface Timing {
  /** A host counts as silent after this time, or after twice this time if it was never heard. */
  readonly silentMs: number;
  /** How long the host itself may refute before a second observer confirms. */
  readonly confirmMs: number;
  /** How long it may refute if no other prober can vote. */
  readonly refutationMs: number;
  /** How long the first observer waits for the vote of another prober. */
  readonly voteMs: number;
}

export const defaultTiming: Timing = { silentMs: 2_500, confirmMs: 1_500, refutationMs: 3_000, voteMs: 5_000 };

/** What one observer does in this situation: at most one action for each host. */
export function decide(situation: Situation, timing: Timing = defaultTiming): readonly Action[] {
  const votes = isVoting(situation.targets, timing);
  const actions = situation.targets.flatMap((target) => actionOn(target, situation.self, votes, timing) ?? []);
  const { self, ownMark } = situation;
  return ownMark ? [{ kind: 'clear', hostId: self, expect: ownMark.revision }, ...actions] : actions;
}

/** False if more than half of the targets, and at least two, are silent: then the observer is probably cut off itself. */
export function isVoting(targets: readonly Target[], timing: Timing = defaultTiming): boolean {
  const silent = targets.filter((target) => isSilent(target, timing)).length;
  return silent < 2 || silent <= targets.length / 2;
}

export function isSilent({ silentMs, heardMs }: Target, timing: Timing = defaultTiming): boolean {
  return silentMs > timing.silentMs * (heardMs === null ? 2 : 1);
}

function actionOn(target: Target, self: string, votes: boolean, timing: Timing): Action | null {
  const { hostId, incarnation, mark } = target;
  const silent = isSilent(target, timing);
  // A mark of an earlier incarnation does not apply to this one.
  if (!mark || mark.incarnation < incarnation) {
    const suspects = silent && votes && target.holdMs <= 0;
    return suspects ? { kind: 'suspect', hostId, incarnation, expect: mark?.revision ?? 0 } : null;
  }
  // A packet that arrived after the mark was seen refutes the mark.
  if (target.heardMs !== null && target.heardMs < mark.ageMs) return { kind: 'clear', hostId, expect: mark.revision };
  const decided = mark.state === 'suspect' && silent && votes && mayConfirm(target, mark, self, timing);
  return decided ? { kind: 'confirm', hostId, incarnation: mark.incarnation, expect: mark.revision } : null;
}

/** A second observer confirms unless the host refutes. The first one does if no other prober votes in time. */
function mayConfirm(target: Target, mark: Mark, self: string, timing: Timing): boolean {
  if (mark.by !== self) return mark.ageMs >= timing.confirmMs;
  return mark.ageMs >= (target.otherProber ? timing.voteMs : timing.refutationMs);
}
