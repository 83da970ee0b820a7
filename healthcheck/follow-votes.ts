import { eachDifference, type HostState, type Vote, votesOf } from '../model/index.ts';
import type { HostView } from '../view/index.ts';

/** Gives the containers about which other hosts have changed their votes since the view before. The cost follows these changes. */
export function createVoteFollower(): (view: HostView) => ReadonlySet<string> {
  let before: ReadonlyMap<string, HostState> = NO_HOSTS;
  return ({ hostId, snapshot: { hosts } }) => {
    const ids = new Set<string>();
    eachDifference(before, hosts, (id, old, now) => {
      if (id === hostId) return;
      const [votes, newest] = [old ? votesOf(old) : NO_VOTES, now ? votesOf(now) : NO_VOTES];
      eachDifference(votes, newest, (subject) => ids.add(subject.slice(subject.indexOf('/') + 1)));
    });
    before = hosts;
    return ids;
  };
}

const NO_HOSTS: ReadonlyMap<string, HostState> = new Map();
const NO_VOTES: ReadonlyMap<string, Vote> = new Map();
