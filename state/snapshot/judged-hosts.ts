import {
  type Container,
  copiedMap,
  draftMap,
  eachDifference,
  type HostState,
  ShardedMap,
  type Verdict,
  type Vote,
  verdictOf,
  voteSubject,
  votesOf,
} from '../../model/index.ts';

/** The living hosts with the verdicts on their containers, and what the next ones are made from. Immutable. */
export interface Judged {
  /** A container with votes has the verdict in `health` and `wasReady`. */
  readonly hosts: ReadonlyMap<string, HostState>;
  /** As the facts have them. */
  readonly living: ReadonlyMap<string, HostState>;
  /** Host id -> the containers that differ from the facts, by id. */
  readonly verdicts: ReadonlyMap<string, Verdicts>;
  /** By `voteSubject`, then by the host that voted. */
  readonly votes: ShardedMap<ReadonlyMap<string, Vote>>;
}

type Verdicts = ReadonlyMap<string, Container>;

const VOTE_SHARDS = 256;
const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/** `hosts`: none, in the kind of map that living hosts come in. */
export function noneJudged(hosts: ReadonlyMap<string, HostState>): Judged {
  return { hosts, living: hosts, verdicts: NONE, votes: ShardedMap.empty(VOTE_SHARDS) };
}

/** The cost follows what changed. Hosts and containers that did not change keep their identity. */
export function judgeHosts(before: Judged, living: ReadonlyMap<string, HostState>): Judged {
  if (living === before.living) return before;
  const { touched, votes } = compare(before, living);
  const hosts = draftMap(before.hosts);
  const verdicts = draftMap(before.verdicts);
  for (const [hostId, ids] of touched) {
    const now = living.get(hostId);
    const ofHost = now ? judgeContainers({ ...before, votes }, now, hostId, ids) : NONE;
    if (ofHost.size > 0) verdicts.set(hostId, ofHost);
    else verdicts.delete(hostId);
    if (now) hosts.set(hostId, withVerdicts(before, now, hostId, ofHost));
    else hosts.delete(hostId);
  }
  return { hosts: hosts.result(), living, verdicts: verdicts.result(), votes };
}

/** Host id -> the containers on it whose facts or votes changed. */
type Touched = ReadonlyMap<string, ReadonlySet<string>>;

function compare(
  before: Judged,
  living: ReadonlyMap<string, HostState>,
): { readonly touched: Touched; readonly votes: Judged['votes'] } {
  const votes = before.votes.edit();
  const touched = new Map<string, Set<string>>();
  const of = (hostId: string): Set<string> => {
    const ids = touched.get(hostId) ?? new Set();
    touched.set(hostId, ids);
    return ids;
  };
  eachDifference(before.living, living, (hostId, old, now) => {
    const own = of(hostId);
    eachDifference(old?.containers ?? NONE, now?.containers ?? NONE, (id) => own.add(id));
    eachDifference<Vote>(old ? votesOf(old) : NONE, now ? votesOf(now) : NONE, (subject, _old, vote) => {
      votes.update(subject, (given = NONE) => withVote(given, hostId, vote));
      const slash = subject.indexOf('/');
      of(subject.slice(0, slash)).add(subject.slice(slash + 1));
    });
  });
  return { touched, votes: votes.result() };
}

function withVote(
  given: ReadonlyMap<string, Vote>,
  hostId: string,
  vote: Vote | undefined,
): ReadonlyMap<string, Vote> | undefined {
  const votes = copiedMap(given);
  if (vote) votes.set(hostId, vote);
  else votes.delete(hostId);
  return votes.size === 0 ? undefined : votes;
}

/** The containers of a host that differ from the facts; only those with these ids can have changed. */
function judgeContainers(
  { living, verdicts, votes }: Judged,
  now: HostState,
  hostId: string,
  ids: ReadonlySet<string>,
): Verdicts {
  const before = verdicts.get(hostId) ?? NONE;
  const after = draftMap<Container>(before);
  const old = living.get(hostId)?.containers ?? NONE;
  for (const id of ids) {
    const container = now.containers.get(id);
    const given = container && votes.get(voteSubject(container));
    const verdict = given && verdictOf(container, [...given.values()]);
    if (!verdict || isJudged(container, verdict)) {
      after.delete(id);
      continue;
    }
    const known = old.get(id) === container ? before.get(id) : undefined;
    if (!known || !isJudged(known, verdict)) after.set(id, { ...container, ...verdict, ofDocker: container.health });
  }
  return after.result();
}

function isJudged(container: Container, { health, wasReady }: Verdict): boolean {
  return container.health === health && container.wasReady === wasReady;
}

function withVerdicts(before: Judged, now: HostState, hostId: string, ofHost: Verdicts): HostState {
  if (ofHost.size === 0) return now;
  const same =
    before.verdicts.get(hostId) === ofHost && before.living.get(hostId)?.containers === now.containers
      ? before.hosts.get(hostId)?.containers
      : undefined;
  return { ...now, containers: same ?? new Map([...now.containers, ...ofHost]) };
}
