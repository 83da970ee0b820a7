import { readlink } from 'node:fs/promises';
import { type NftTable, readDevice, readIp } from '../../linux/index.ts';
import { CommandError, type RunCommand } from '../../system/index.ts';
import type { DesiredGuard, GuardedContainer, PortGuardSettings } from './desired-guard.ts';
import { unboundContainers } from './plan.ts';
import { type GuardElements, NO_ELEMENTS, renderFrame, SETS } from './render.ts';

/** A device that is a port of a bridge. */
export interface BridgePort {
  readonly name: string;
  readonly bridge: string;
  /** Number of the network namespace that its other end is in, as the kernel counts for this host; null: none, or our own. */
  readonly namespace: number | null;
}

/** What stands on this host of the guard, and what it is made from. */
export interface ObservedGuard {
  /** Our table without what its sets hold; null: there is none. */
  readonly frame: string | null;
  readonly elements: GuardElements;
  /** Why there can be no such table here, in the words of nft; null: there is one, or can be. */
  readonly refusal: string | null;
  /** Of all bridges. */
  readonly ports: readonly BridgePort[];
  /** IPv4 addresses of the guarded bridge itself. */
  readonly ownAddresses: readonly string[];
  /** Container id -> number of its network namespace, for those that had to be looked for. */
  readonly namespaces: ReadonlyMap<string, number>;
  /** Ids of containers whose namespace we are not allowed to see. */
  readonly hidden: readonly string[];
}

export interface ObserveDependencies {
  readonly run: RunCommand;
  readonly table: NftTable;
  /** Process of a container, as this host counts; null: not known. */
  readonly processId: (containerId: string) => number | null;
}

export async function observePortGuard(
  { run, table, processId }: ObserveDependencies,
  settings: PortGuardSettings,
  desired: DesiredGuard,
  signal?: AbortSignal,
): Promise<ObservedGuard> {
  const frame = await table.read(signal);
  const elements = frame === null ? NO_ELEMENTS : await readElements(run, settings, signal);
  const { links } = await readIp(run, ['link show type bridge_slave'], { signal });
  const ports = links.map(({ ifname: name, master = '', link_netnsid: namespace = null }) => ({
    name,
    bridge: master,
    namespace,
  }));
  const bridge = await readDevice(run, desired.device, { signal });
  // Who is behind a port that the table has does not change: nobody needs to be asked for again.
  const unbound = unboundContainers(desired, { ports, elements });
  return {
    frame,
    elements,
    refusal: frame === null ? await tryTable(run, settings, signal) : null,
    ports,
    ownAddresses: (bridge?.addr_info ?? []).filter(({ family }) => family === 'inet').map(({ local }) => local),
    ...(unbound.length === 0 ? NOBODY : await findNamespaces(run, processId, unbound, signal)),
  };
}

const NOBODY: Pick<ObservedGuard, 'namespaces' | 'hidden'> = { namespaces: new Map(), hidden: [] };

/** What a listing of our table says that its sets hold. */
export function parseElements(listing: string): GuardElements {
  const found = [...listing.matchAll(/\bset (\w+) \{\s+type [^\n]+\n(?:\s+elements = \{([^}]*)\})?/g)];
  const held = new Map(
    found.map(([, name = '', text = '']) => [name, text.split(',').map((element) => element.trim())]),
  );
  const entries = SETS.map((name) => [name, (held.get(name) ?? []).filter((element) => element !== '')]);
  return Object.fromEntries(entries) as GuardElements;
}

async function readElements(run: RunCommand, { table }: PortGuardSettings, signal?: AbortSignal) {
  return parseElements(await run('nft', ['list', 'table', 'bridge', table], signal ? { signal } : {}));
}

/** Lets the kernel look at our table without making it. */
async function tryTable(run: RunCommand, { table }: PortGuardSettings, signal?: AbortSignal): Promise<string | null> {
  try {
    await run('nft', ['--check', '-f', '-'], { input: renderFrame(table), ...(signal ? { signal } : {}) });
    return null;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode !== null) return error.stderr.split('\n')[0] ?? '';
    throw error;
  }
}

/**
 * The kernel numbers the namespaces that a namespace has to do with: `lsns` tells the number of each, and a port the number
 * of the one it leads into. Nothing of this can be changed from inside a container, as its devices, indexes, names and
 * MAC addresses can.
 */
async function findNamespaces(
  run: RunCommand,
  processId: ObserveDependencies['processId'],
  containers: readonly GuardedContainer[],
  signal?: AbortSignal,
): Promise<Pick<ObservedGuard, 'namespaces' | 'hidden'>> {
  const columns = ['--type', 'net', '--output', 'NS,NETNSID', '--noheadings', '--raw'];
  const lines = (await run('lsns', columns, signal ? { signal } : {})).split('\n');
  const numbers = new Map(
    lines.map((line) => {
      const [namespace = '', number = ''] = line.trim().split(' ');
      return [namespace, number];
    }),
  );
  const namespaces = new Map<string, number>();
  const hidden: string[] = [];
  for (const { id } of containers) {
    const namespace = await readNamespace(processId(id));
    if (namespace === 'hidden') hidden.push(id);
    // A namespace that the kernel has no number for leads to no port of this host.
    const number = numbers.get(namespace) ?? '';
    if (/^\d+$/.test(number)) namespaces.set(id, Number(number));
  }
  return { namespaces, hidden };
}

/** Inode of the network namespace a process is in; `none`: there is no such process, `hidden`: we may not see it. */
async function readNamespace(pid: number | null): Promise<string> {
  if (pid === null) return 'none';
  try {
    return /\d+/.exec(await readlink(`/proc/${pid}/ns/net`))?.[0] ?? 'none';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'hidden' : 'none';
  }
}
