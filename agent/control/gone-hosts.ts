import type { Bus } from '../../bus/index.ts';
import { ok, problem, type Result } from '../../model/index.ts';
import type { HostView } from '../../view/index.ts';

/** A subnet of the managed network that is claimed by a host outside the environment. */
export interface GoneClaim {
  readonly hostId: string;
  /** Canonical CIDR. */
  readonly subnet: string;
}

export interface GoneHosts {
  /** Subnets claimed by hosts that are gone, sorted by host. Rejects when the bus cannot be read. */
  list(): Promise<readonly GoneClaim[]>;
  /** Releases the subnets of a gone host and removes its liveness from the bus. Refuses a host that is in the environment. */
  forget(hostId: string): Promise<Result<readonly string[]>>;
}

const CLAIMS = 'subnet/';

/** Hosts that left without `drover down`. They keep their subnets until an operator says that they will not return. */
export function createGoneHosts(bus: Pick<Bus, 'get' | 'list' | 'delete'>, view: () => HostView): GoneHosts {
  const claims = async () =>
    [...(await bus.list(CLAIMS))].flatMap(([key, { value, revision }]) => {
      const hostId = ownerOf(value);
      return hostId === null ? [] : [{ key, hostId, revision, subnet: key.slice(CLAIMS.length).replace('_', '/') }];
    });
  const isHere = (hostId: string): boolean => view().snapshot.hosts.has(hostId) || view().hostId === hostId;

  return {
    list: async () => {
      const gone = (await claims()).filter(({ hostId }) => !isHere(hostId));
      return gone.map(({ hostId, subnet }) => ({ hostId, subnet })).sort(byHost);
    },
    forget: async (hostId) => {
      const subject = `host ${hostId}`;
      if (!view().snapshot.complete)
        return problem(subject, 'cannot be checked yet: the state is still loading', 'try again in a moment');
      if (isHere(hostId)) return problem(subject, 'is in the environment', 'run drover down on that host instead');
      const held = (await claims()).filter((claim) => claim.hostId === hostId);
      if (held.length === 0) return problem(subject, 'has no subnet', 'run drover forget to list the hosts that have');
      for (const { key, revision } of held) await bus.delete(key, revision);
      await bus.delete(`liveness/${hostId}`);
      return ok(held.map(({ subnet }) => subnet));
    },
  };
}

function ownerOf(value: unknown): string | null {
  const { hostId } = (value ?? {}) as { readonly hostId?: unknown };
  return typeof hostId === 'string' && hostId !== '' ? hostId : null;
}

function byHost(a: GoneClaim, b: GoneClaim): number {
  const [left, right] = [`${a.hostId} ${a.subnet}`, `${b.hostId} ${b.subnet}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
