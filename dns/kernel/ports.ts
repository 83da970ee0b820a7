import { CommandError, type RunCommand } from '../../system/index.ts';
import type { BoundPort } from './layout.ts';

export interface PortsOptions {
  /** Name of the bridge; none of that name: no ports. */
  readonly bridge: string;
  /** File of the network namespace the bridge is in (`/proc/self/fd/3`); null: our own. */
  readonly namespace: string | null;
  /** The nft table (family bridge) that binds ports to addresses, if there is one; null: nobody is bound. */
  readonly guardTable: string | null;
}

export interface Ports {
  /** The devices (index) that containers hang on. */
  readonly devices: ReadonlySet<number>;
  /** Who may ask from them; null: anybody. */
  readonly bound: readonly BoundPort[] | null;
}

/** The ports of a bridge, and what its guard says of them. Rejects when it cannot be found out. */
export async function listPorts(run: RunCommand, { bridge, namespace, guardTable }: PortsOptions): Promise<Ports> {
  const inNamespace = ([file = '', ...args]: readonly string[]): Promise<string> =>
    namespace === null ? run(file, args) : run('nsenter', [`--net=${namespace}`, file, ...args]);
  const links = parseLinks(await inNamespace(['ip', '-json', 'link', 'show', 'type', 'veth']), bridge);
  const devices = new Set(links.values());
  if (guardTable === null) return { devices, bound: null };
  const listing = await inNamespace(['nft', '--json', 'list', 'table', 'bridge', guardTable]).catch(nullWithoutTable);
  return { devices, bound: listing === null ? null : parseGuard(listing, links) };
}

function nullWithoutTable(error: unknown): null {
  if (error instanceof CommandError && error.stderr.includes('No such file')) return null;
  throw error;
}

/** Names and indexes of the ports. */
function parseLinks(text: string, bridge: string): ReadonlyMap<string, number> {
  const links: unknown = JSON.parse(text || '[]');
  if (!Array.isArray(links)) throw new Error('ip: the list of devices is no list');
  return new Map(links.flatMap((link: unknown) => portOf(link, bridge)));
}

function portOf(link: unknown, bridge: string): readonly (readonly [string, number])[] {
  const { ifname, ifindex, master } = (link ?? {}) as { readonly [key: string]: unknown };
  return typeof ifname === 'string' && typeof ifindex === 'number' && master === bridge ? [[ifname, ifindex]] : [];
}

/** What the sets `addresses` and `macs` of the guard's table hold for these ports. */
export function parseGuard(listing: string, links: ReadonlyMap<string, number>): readonly BoundPort[] {
  const { nftables } = JSON.parse(listing) as { readonly nftables?: unknown };
  if (!Array.isArray(nftables)) throw new Error('nft: the table is no list');
  const macs = Map.groupBy(pairsOf(nftables, 'macs'), ([port]) => port);
  return pairsOf(nftables, 'addresses').flatMap(([port, ipv4]) => {
    const device = links.get(port);
    return device === undefined ? [] : (macs.get(port) ?? []).map(([, mac]) => ({ device, ipv4, mac }));
  });
}

type Pair = readonly [port: string, value: string];

function pairsOf(objects: readonly unknown[], name: string): readonly Pair[] {
  const sets = objects.flatMap((object) => (object as { set?: { name?: unknown; elem?: unknown } } | null)?.set ?? []);
  const elements = sets.find((set) => set.name === name)?.elem;
  return Array.isArray(elements) ? elements.flatMap(pairOf) : [];
}

function pairOf(element: unknown): readonly Pair[] {
  const { concat } = (element ?? {}) as { readonly concat?: unknown };
  const [port, value] = Array.isArray(concat) ? (concat as readonly unknown[]) : [];
  return typeof port === 'string' && typeof value === 'string' ? [[port, value]] : [];
}
