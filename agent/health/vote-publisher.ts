import type { Checker, Reserve, Target, VoteContext, Votes } from '../../healthcheck/index.ts';
import type { Vote } from '../../model/index.ts';

export interface VotePublisherContext extends Pick<VoteContext, 'hostId' | 'checksSinceMs'> {
  readonly votes: Votes;
  readonly checker: Pick<Checker, 'setTargets' | 'votes' | 'isWithheld' | 'status'>;
  readonly reserve: Reserve;
  /** The votes of the hosts that always vote about a target. */
  readonly others: (target: Target) => readonly Vote[];
}

export interface VotePublisher {
  setTargets(targets: readonly Target[]): void;
  /** The opinions about these containers have changed. */
  update(containerIds: Iterable<string>): void;
  /** Other hosts have changed their votes about these containers. */
  othersVoted(containerIds: Iterable<string>): void;
  /** Begins to vote, or ends it, when HAProxy works or does not. */
  follow(): void;
}

/** Publishes the opinions of the checker. A host that cannot check, or that fails itself, has no votes. */
export function createVotePublisher(context: VotePublisherContext): VotePublisher {
  const { votes, checker, hostId, checksSinceMs, reserve, others } = context;
  let targets: readonly Target[] = [];
  let byContainer: ReadonlyMap<string, Target> = new Map();
  let isAble = true;
  const voting: VoteContext = {
    hostId,
    checksSinceMs,
    opinionOf: ({ containerId, startedAtMs }) => {
      const opinion = checker.votes().get(containerId);
      return opinion?.startedAtMs === startedAtMs ? opinion : null;
    },
    // Commands need no HAProxy.
    isWithheld: ({ containerId, check }) => checker.isWithheld(containerId) || (!isAble && check.exec === null),
    admit: (target, own, published) =>
      isReserve(target) ? reserve.voteOn(target, { own, published, others: others(target) }) : own,
  };
  const isReserve = ({ voters }: Target): boolean => !voters.includes(hostId);
  const publish = (): void => votes.replace(targets, voting);
  return {
    setTargets: (newest) => {
      if (newest === targets) return;
      targets = newest;
      byContainer = new Map(newest.map((target) => [target.containerId, target]));
      checker.setTargets(newest);
      publish();
    },
    update: (ids) => update([...ids].flatMap((id) => byContainer.get(id) ?? [])),
    othersVoted: (ids) => {
      const found = [...ids].flatMap((id) => byContainer.get(id) ?? []).filter(isReserve);
      if (found.length > 0) update(found);
    },
    follow,
  };

  function update(changed: readonly Target[]): void {
    follow();
    votes.update(changed, voting);
  }

  function follow(): void {
    const { able } = checker.status();
    if (able === isAble) return;
    isAble = able;
    publish();
  }
}
