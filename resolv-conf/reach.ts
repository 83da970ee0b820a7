import type { Container, Network } from '../model/index.ts';
import type { Clock } from '../system/index.ts';
import { exclusionOf, isBeforeStart } from './exemption.ts';

/**
 * Whether a container reaches Drover's address. `unknown`: it was not probed yet, and nothing speaks against it. `doubtful`: it
 * was not probed yet, and others with its networks do not reach it, or its networks are of a kind that does not.
 */
export type Reach = 'yes' | 'no' | 'unknown' | 'doubtful';

/** `silent`: no decision, because DNS does not answer the host either. `impossible`: this machine cannot probe. */
export type ProbeResult = 'reached' | 'unreached' | 'silent' | 'impossible';

export interface ReachDependencies {
  readonly clock: Pick<Clock, 'sleep'>;
  /** Queries Drover's address from the network namespace of a running container. Never rejects. */
  readonly probe: (containerId: string) => Promise<ProbeResult>;
  /** Names of the networks of a container, also before its start. */
  readonly networksOf: (containerId: string) => readonly string[];
  /** Whether containers on a network of this kind usually do not reach Drover. */
  readonly isDoubtful: (network: string) => boolean;
  /** Called when the reach of a container has changed. */
  readonly onChange: () => void;
  /** Ends the probes. */
  readonly signal: AbortSignal;
}

export interface Reachability {
  of(container: Container): Reach;
  /** Probes the running ones of these containers that are not known to reach Drover. A container that did is not probed again. */
  check(containers: readonly Container[]): void;
}

interface Verdict {
  /** Of the container's present start and networks. */
  readonly key: string;
  reaches: boolean | null;
  probing: boolean;
}

const RETRY_MS = 1_000;
/** Some hosts make new networks all the time. */
const MOST_LEARNED = 1_000;

export function createReachability(deps: ReachDependencies): Reachability {
  const { clock, probe, networksOf, isDoubtful, onChange, signal } = deps;
  let verdicts = new Map<string, Verdict>();
  /** Networks -> the last verdict of a container with these networks. */
  const learned = new Map<string, boolean>();

  /** Until Docker's description of a new container is read, by the addresses that its networks report. */
  const namesOf = ({ id, addresses }: Container): readonly string[] => {
    const names = networksOf(id);
    return names.length > 0 ? names : addresses.map(({ networkName }) => networkName).sort();
  };
  const isDoubted = (container: Container): boolean => {
    const names = namesOf(container);
    return !(learned.get(names.join(' ')) ?? !(names.length > 0 && names.every(isDoubtful)));
  };
  const work = async (container: Container, verdict: Verdict): Promise<void> => {
    const { id } = container;
    verdict.probing = true;
    let result = await probe(id);
    while (result === 'silent' && verdicts.get(id) === verdict) {
      await clock.sleep(RETRY_MS, signal);
      result = await probe(id);
    }
    verdict.probing = false;
    const reaches = result === 'impossible' ? !isDoubted(container) : result === 'reached';
    if (verdicts.get(id) !== verdict || verdict.reaches === reaches) return;
    verdict.reaches = reaches;
    if (learned.size >= MOST_LEARNED) learned.clear();
    learned.set(namesOf(container).join(' '), reaches);
    onChange();
  };

  return {
    of: (container) => {
      const known = verdicts.get(container.id);
      if (known?.key === keyOf(container) && known.reaches !== null) return known.reaches ? 'yes' : 'no';
      return isDoubted(container) ? 'doubtful' : 'unknown';
    },
    check: (containers) => {
      const running = containers.filter((one) => !isBeforeStart(one) && exclusionOf(one) === null);
      verdicts = new Map(running.map((one) => [one.id, verdictFor(one, verdicts.get(one.id))]));
      for (const container of running) {
        const verdict = verdicts.get(container.id);
        if (verdict && !verdict.probing && verdict.reaches !== true) work(container, verdict).catch(() => undefined);
      }
    },
  };
}

function verdictFor(container: Container, before: Verdict | undefined): Verdict {
  const key = keyOf(container);
  return before?.key === key ? before : { key, reaches: null, probing: false };
}

function keyOf({ startedAtMs, addresses }: Container): string {
  return `${startedAtMs} ${addresses.map(({ networkId }) => networkId).join(' ')}`;
}

const DOCKER_28_API = 48;

/**
 * Whether containers on a network usually do not reach Drover before a probe says so: the kernel separates macvlan and ipvlan
 * from their host, Docker 28 gives internal networks no route, and the service address is IPv4. `apiVersion` is Docker's.
 */
export function isOftenUnreachable({ kind, internal, subnets }: Network, apiVersion: string | null): boolean {
  const minor = Number(apiVersion?.split('.')[1] ?? 0);
  const isIpv6Only = subnets.length > 0 && subnets.every((subnet) => subnet.includes(':'));
  return kind === 'other' || isIpv6Only || (internal && minor >= DOCKER_28_API);
}
