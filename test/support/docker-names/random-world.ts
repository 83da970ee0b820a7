import { createRandom, type Random } from '../random.ts';

/** A random world like one of Compose: networks, the containers on them, and what happens to those after their start. Data only. */
export interface NameWorld {
  readonly networks: readonly { readonly name: string; readonly internal: boolean }[];
  readonly containers: readonly PlannedContainer[];
  readonly changes: readonly Change[];
}

export interface PlannedContainer {
  readonly name: string;
  readonly hostname: string | null;
  /** Null: started by `docker run`. */
  readonly stack: string | null;
  readonly service: string | null;
  readonly number: number;
  /** Empty: `network_mode: none` at first. */
  readonly networks: readonly Attachment[];
  /** `target:alias`, on each of its networks. */
  readonly links: readonly string[];
}

export interface Attachment {
  readonly network: string;
  readonly aliases: readonly string[];
}

/** What happens after all containers were started, in order. */
export type Change =
  | { readonly kind: 'attach'; readonly container: string; readonly to: Attachment }
  | { readonly kind: 'detach'; readonly container: string; readonly network: string }
  | { readonly kind: 'rename'; readonly container: string; readonly to: string }
  | { readonly kind: 'restart' | 'stop' | 'recreate'; readonly container: string };

const SERVICES = ['web', 'db', 'api', 'cache', 'kafka'];
const STACKS = ['shop', 'blog'];
/** Some are also names of services, stacks, networks or containers. */
const ALIASES = [
  'store',
  'db',
  'Cache',
  'api.shop.example',
  'shop',
  'blog',
  'redis',
  'kafka-1',
  'web',
  'front',
  'lone',
  'a.b.front',
];
const HOSTNAMES = ['kafka-1', 'node1', 'node1.example', 'Store', 'web-1'];
const NETWORKS = ['front', 'back', 'shop_default', 'net.example', 'Upper', 'shop'];

/** Equal seeds give equal worlds. */
export function randomWorld(seed: number): NameWorld {
  const random = createRandom(seed);
  const networks = random.some(NETWORKS, 2, 4).map((name, at) => ({ name, internal: at > 0 && random.below(5) === 0 }));
  const names = networks.map(({ name }) => name);
  const attach = (network: string, service: string | null): Attachment => ({
    network,
    aliases: [...new Set([...(service === null ? [] : [service]), ...random.some(ALIASES, 0, 2)])],
  });
  const services = STACKS.slice(0, 1 + random.below(2)).flatMap((stack) =>
    random.some(SERVICES, 1, 3).map((service) => ({ stack, service })),
  );
  const composed = services.flatMap(({ stack, service }): readonly PlannedContainer[] => {
    const networksOfService = random.some(names, 1, 2).map((network) => attach(network, service));
    const hostname = random.below(3) === 0 ? random.one(HOSTNAMES) : null;
    const own = random.below(6) === 0 ? random.one(ALIASES) : null;
    const common = { hostname, stack, service, networks: networksOfService, links: [] };
    if (own !== null) return [{ ...common, name: own, number: 1 }];
    return range(1 + random.below(2)).map((at) => ({
      ...common,
      name: `${stack}-${service}-${at + 1}`,
      number: at + 1,
    }));
  });
  const containers = uniqueByName([...composed, ...loners(random, names, composed, attach)]);
  return { networks, containers, changes: changesOf(random, names, containers) };
}

/** Containers of `docker run`: one with links, one without a network at first. */
function loners(
  random: Random,
  networks: readonly string[],
  others: readonly PlannedContainer[],
  attach: (network: string, service: null) => Attachment,
): readonly PlannedContainer[] {
  const target = random.one(others);
  const alias = random.one(['sql', 'sql.local', 'redis']);
  const shared = target.networks[0]?.network ?? networks[0] ?? '';
  const lone = { stack: null, service: null, number: 1, hostname: null, links: [] };
  return [
    { ...lone, name: 'linking', networks: [attach(shared, null)], links: [`${target.name}:${alias}`] },
    { ...lone, name: 'lone', networks: [] },
  ];
}

function changesOf(
  random: Random,
  networks: readonly string[],
  containers: readonly PlannedContainer[],
): readonly Change[] {
  const attachLater = { network: random.one(networks), aliases: random.some(ALIASES, 0, 2) };
  const changes: Change[] = [{ kind: 'attach', container: 'lone', to: attachLater }];
  const target = containers.find(({ name }) => name === 'linking')?.links[0]?.split(':')[0];
  if (target !== undefined && random.below(2) === 0) changes.push({ kind: 'recreate', container: target });
  const others = random.some(
    containers.filter(({ name, networks: at }) => at.length > 0 && name !== target && name !== 'linking'),
    0,
    3,
  );
  for (const { name, networks: attached } of others) {
    const [first] = attached;
    const free = networks.filter((network) => attached.every((one) => one.network !== network));
    const kind = random.one(['rename', 'restart', 'stop', 'detach', 'attach', 'again'] as const);
    if (kind === 'rename') changes.push({ kind, container: name, to: `${name}-new` });
    else if (kind === 'restart' || kind === 'stop') changes.push({ kind, container: name });
    else if (kind === 'attach' && free.length > 0) {
      changes.push({ kind, container: name, to: { network: random.one(free), aliases: random.some(ALIASES, 0, 2) } });
    } else if (first) {
      changes.push({ kind: 'detach', container: name, network: first.network });
      const to = { network: first.network, aliases: random.some(ALIASES, 1, 2) };
      if (kind === 'again') changes.push({ kind: 'attach', container: name, to });
    }
  }
  return changes;
}

function uniqueByName(containers: readonly PlannedContainer[]): readonly PlannedContainer[] {
  return [...new Map(containers.map((one) => [one.name.toLowerCase(), one])).values()];
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}
