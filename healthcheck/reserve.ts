import { changesVerdict, type Vote } from '../model/index.ts';
import { type Clock, createTimerWheel } from '../system/index.ts';
import type { Target } from './opinion/target.ts';

/** The votes of this host about targets that other hosts always vote about. */
export interface Reserve {
  /** What to publish. */
  voteOn(target: Target, votes: ReserveVotes): Vote | null;
  close(): void;
}

export interface ReserveVotes {
  /** What this host would say. */
  readonly own: Vote | null;
  /** What it says now. */
  readonly published: Vote | null;
  /** Of the hosts that always vote. */
  readonly others: readonly Vote[];
}

/** How long a vote is under way to the other hosts. */
const UNDER_WAY_MS = 1_000;

/**
 * A reserve votes while its vote changes the verdict. All hosts see a change within one interval, but not at the same moment: so a vote
 * comes, and goes, when this has been so for that long. A vote that is not true any more changes at once. `onDue` asks for the next
 * decision.
 */
export function createReserve(clock: Clock, onDue: (containerId: string) => void): Reserve {
  const timers = createTimerWheel(clock);
  const waits = new Map<string, { isOver: boolean; readonly cancel: () => void }>();
  const wait = ({ containerId, check }: Target): void => {
    const fire = (): void => {
      one.isOver = true;
      onDue(containerId);
      waits.delete(containerId);
    };
    const ms = check.intervalMs + check.responseTimeoutMs + UNDER_WAY_MS;
    const one = { isOver: false, cancel: timers.add(ms, fire) };
    waits.set(containerId, one);
  };
  return {
    voteOn: (target, { own, published, others }) => {
      const wanted = own !== null && changesVerdict(own, others) ? own : null;
      const isWrong = published !== null && published.up !== own?.up;
      const waiting = waits.get(target.containerId);
      if ((wanted === null) !== (published === null) && !isWrong && !waiting?.isOver) {
        if (!waiting) wait(target);
        return published;
      }
      waiting?.cancel();
      waits.delete(target.containerId);
      return wanted;
    },
    close: timers.close,
  };
}
