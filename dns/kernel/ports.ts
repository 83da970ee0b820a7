import { readFile } from 'node:fs/promises';
import { type PortBindings, parsePortBindings } from '../../model/index.ts';
import type { RunCommand } from '../../system/index.ts';
import type { BoundPort } from './layout.ts';

export interface PortsOptions {
  /** Name of the bridge. */
  readonly bridge: string;
  /** File of the network namespace of the bridge (`/proc/self/fd/3`); null: the namespace of this process. */
  readonly namespace: string | null;
  /** Published by the port guard. */
  readonly bindingsFile: string;
}

export interface Ports {
  /** Index of each device that leads to a container. */
  readonly devices: ReadonlySet<number>;
  /** The addresses that may ask from them; null: any, because the port guard is switched off. */
  readonly bound: readonly BoundPort[] | null;
}

/** The ports of a bridge and the addresses that the port guard binds them to. Rejects if the ports cannot be listed. */
export async function listPorts(run: RunCommand, { bridge, namespace, bindingsFile }: PortsOptions): Promise<Ports> {
  const list = ['-json', 'link', 'show', 'type', 'veth'];
  const listing =
    namespace === null ? await run('ip', list) : await run('nsenter', [`--net=${namespace}`, 'ip', ...list]);
  const links = parseLinks(listing, bridge);
  return { devices: new Set(links.values()), bound: boundPorts(await readBindings(bindingsFile), links) };
}

/** Without a file that can be read no port is bound, and the kernel answers no query. */
async function readBindings(file: string): Promise<PortBindings> {
  return parsePortBindings(await readFile(file, 'utf8').catch(() => '')) ?? [];
}

/** A binding holds for the device that has both its name and its index. */
function boundPorts(bindings: PortBindings, links: ReadonlyMap<string, number>): readonly BoundPort[] | null {
  if (bindings === 'off') return null;
  return bindings
    .filter(({ port, index }) => links.get(port) === index)
    .map(({ index, ipv4, mac }) => ({ device: index, ipv4, mac }));
}

/** Names and indexes of the ports. */
function parseLinks(text: string, bridge: string): ReadonlyMap<string, number> {
  const links: unknown = JSON.parse(text || '[]');
  if (!Array.isArray(links)) throw new Error('`ip link show` did not print a list');
  return new Map(links.flatMap((link: unknown) => portOf(link, bridge)));
}

function portOf(link: unknown, bridge: string): readonly (readonly [string, number])[] {
  const { ifname, ifindex, master } = (link ?? {}) as { readonly [key: string]: unknown };
  return typeof ifname === 'string' && typeof ifindex === 'number' && master === bridge ? [[ifname, ifindex]] : [];
}
