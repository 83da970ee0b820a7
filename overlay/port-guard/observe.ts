import { readFile, readlink } from 'node:fs/promises';
import { type NftTable, readDevice, readIp } from '../../linux/index.ts';
import { CommandError, type RunCommand } from '../../system/index.ts';
import type { DesiredGuard, GuardedContainer, PortGuardSettings } from './desired-guard.ts';
import { unboundContainers } from './find-ports.ts';
import type { BridgePort, ObservedGuard } from './observed-guard.ts';
import { NO_ELEMENTS, renderFrame, SETS } from './render.ts';

export interface ObserveDependencies {
  readonly run: RunCommand;
  readonly table: NftTable;
  /** Process of a container, by this host's process ids; null: not known. */
  readonly processId: (containerId: string) => number | null;
  /** File that the bindings are published in. */
  readonly bindingsFile: string;
}

export async function observePortGuard(
  deps: ObserveDependencies,
  settings: PortGuardSettings,
  desired: DesiredGuard | 'off',
  signal?: AbortSignal,
): Promise<ObservedGuard> {
  const { run, table, bindingsFile } = deps;
  const published = await readPublished(bindingsFile);
  if (desired === 'off') return { ...NOTHING, frame: await table.read(signal), published };
  const { text: frame, elements } = await table.readWithSets(SETS, signal);
  const ports = await readPorts(run, signal);
  // The container behind a port that the table has cannot change: only the others are looked up.
  const unbound = unboundContainers(desired, { ports, elements });
  return {
    ...NOTHING,
    frame,
    elements,
    published,
    refusal: frame === null ? await tryTable(run, settings, signal) : null,
    ports,
    ownAddresses: await readOwnAddresses(run, desired.device, signal),
    ...(unbound.length === 0 ? {} : await findNamespaces(run, deps.processId, unbound, signal)),
  };
}

const NOTHING: ObservedGuard = {
  frame: null,
  elements: NO_ELEMENTS,
  published: null,
  refusal: null,
  ports: [],
  ownAddresses: [],
  namespaces: new Map(),
  hidden: [],
};

async function readPublished(file: string): Promise<string | null> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

async function readPorts(run: RunCommand, signal?: AbortSignal): Promise<readonly BridgePort[]> {
  const { links } = await readIp(run, ['link show type bridge_slave'], { signal });
  return links.map(({ ifname, ifindex, master, link_netnsid }) => ({
    name: ifname,
    index: ifindex ?? 0,
    bridge: master ?? '',
    namespace: link_netnsid ?? null,
  }));
}

async function readOwnAddresses(run: RunCommand, device: string, signal?: AbortSignal): Promise<readonly string[]> {
  const bridge = await readDevice(run, device, { signal });
  return (bridge?.addr_info ?? []).filter(({ family }) => family === 'inet').map(({ local }) => local);
}

/** Lets the kernel check our table without creating it. Returns nft's message if the kernel rejects it. */
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
 * In each network namespace the kernel numbers the other namespaces that it is connected to. `lsns` lists these numbers, and
 * each port has the number of the namespace that it leads into. A container cannot change these numbers, but it can change
 * its devices and their indexes, names and MAC addresses.
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
    // No port of this host leads into a namespace without a number.
    const number = numbers.get(namespace) ?? '';
    if (/^\d+$/.test(number)) namespaces.set(id, Number(number));
  }
  return { namespaces, hidden };
}

/** Inode of a process's network namespace; `none`: there is no such process, `hidden`: we are not permitted to see it. */
async function readNamespace(pid: number | null): Promise<string> {
  if (pid === null) return 'none';
  try {
    return /\d+/.exec(await readlink(`/proc/${pid}/ns/net`))?.[0] ?? 'none';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'hidden' : 'none';
  }
}
