import type { RunCommand } from '../../system/index.ts';

export interface PortsOptions {
  /** Name of the bridge; none of that name: no ports. */
  readonly bridge: string;
  /** File of the network namespace the bridge is in (`/proc/self/fd/3`); null: our own. */
  readonly namespace: string | null;
}

/** The devices (index) that containers hang on at a bridge. Rejects when it cannot be found out. */
export async function listPorts(run: RunCommand, { bridge, namespace }: PortsOptions): Promise<ReadonlySet<number>> {
  const ip = ['ip', '-json', 'link', 'show', 'type', 'veth'];
  const [file = '', ...args] = namespace === null ? ip : ['nsenter', `--net=${namespace}`, ...ip];
  const links: unknown = JSON.parse((await run(file, args)) || '[]');
  if (!Array.isArray(links)) throw new Error('ip: the list of devices is no list');
  return new Set(links.flatMap((link: unknown) => portOf(link, bridge) ?? []));
}

function portOf(link: unknown, bridge: string): number | null {
  const { ifindex, master } = (link ?? {}) as { readonly ifindex?: unknown; readonly master?: unknown };
  return typeof ifindex === 'number' && master === bridge ? ifindex : null;
}
