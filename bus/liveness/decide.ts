/** What the bus says of a host: document `liveness/<hostId>`, in the eyes of one observer. */
export interface Mark {
  readonly state: 'suspect' | 'down';
  readonly incarnation: number;
  /** Host id of who wrote it. */
  readonly by: string;
  readonly revision: number;
  /** Since this observer saw it first. */
  readonly ageMs: number;
}

/** One host this observer probes. */
export interface Target {
  readonly hostId: string;
  readonly incarnation: number;
  /** Since the last packet from it; null if there was none. */
  readonly heardMs: number | null;
  /** Its silence as far as it counts: since the last packet, since probing it began, since we ourselves ran again. */
  readonly silentMs: number;
  readonly mark: Mark | null;
  /** No new accusation for so long: the last one was refuted, and we cannot hear the host for a reason of our own. */
  readonly holdMs: number;
  /** Another prober of it may still speak: one that is there and not itself marked or silent. */
  readonly otherProber: boolean;
}

export interface Situation {
  readonly self: string;
  readonly targets: readonly Target[];
  /** What others say of ourselves. */
  readonly ownMark: Mark | null;
}

/** A write, by compare-and-set on the mark it was decided on (0: there is none). */
export type Action =
  | {
      readonly kind: 'suspect' | 'confirm';
      readonly hostId: string;
      readonly incarnation: number;
      readonly expect: number;
    }
  | { readonly kind: 'clear'; readonly hostId: string; readonly expect: number };

export interface Timing {
  /** A host is silent after this; twice that if it was never heard. */
  readonly silentMs: number;
  /** How long the host itself has to refute before a second observer confirms. */
  readonly confirmMs: number;
  /** How long it has where nobody else can speak. */
  readonly refutationMs: number;
  /** How long another prober has to veto or to confirm. */
  readonly voteMs: number;
}

export const defaultTiming: Timing = { silentMs: 2_500, confirmMs: 1_500, refutationMs: 3_000, voteMs: 5_000 };

/** What one observer does about what it sees, at most one thing for each host. */
export function decide(situation: Situation, timing: Timing = defaultTiming): readonly Action[] {
  const votes = isVoting(situation.targets, timing);
  const actions = situation.targets.flatMap((target) => actionOn(target, situation.self, votes, timing) ?? []);
  const { self, ownMark } = situation;
  return ownMark ? [{ kind: 'clear', hostId: self, expect: ownMark.revision }, ...actions] : actions;
}

/** Who hears less than half of many is more likely cut off itself. */
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
  // What is said of an earlier incarnation is not said of this one.
  if (!mark || mark.incarnation < incarnation) {
    const accuse = silent && votes && target.holdMs <= 0;
    return accuse ? { kind: 'suspect', hostId, incarnation, expect: mark?.revision ?? 0 } : null;
  }
  // Heard after the mark was seen: it is wrong, or not true any more.
  if (target.heardMs !== null && target.heardMs < mark.ageMs) return { kind: 'clear', hostId, expect: mark.revision };
  const decided = mark.state === 'suspect' && silent && votes && mayConfirm(target, mark, self, timing);
  return decided ? { kind: 'confirm', hostId, incarnation: mark.incarnation, expect: mark.revision } : null;
}

/** A second observer confirms unless the host refutes; the first one when nobody spoke in time. */
function mayConfirm(target: Target, mark: Mark, self: string, timing: Timing): boolean {
  if (mark.by !== self) return mark.ageMs >= timing.confirmMs;
  return mark.ageMs >= (target.otherProber ? timing.voteMs : timing.refutationMs);
}
