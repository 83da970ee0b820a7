const OBJECTS = ['link', 'address', 'route', 'rule', 'neigh', 'netconf'];
/** Without the agent they would wait for an event that they can report to nobody. */
const WITH_AGENT = ['setpriv', '--pdeathsig', 'KILL'];
const MONITORS = [
  ['ip', '-oneline', 'monitor', ...OBJECTS],
  ['nft', 'monitor'],
];

/** How often a component of the kernel reads it all the same: an event may be lost, and iptables-legacy reports none. */
export const KERNEL_INTERVAL_MS = 15_000;

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Command that runs the programs elsewhere (`nsenter ...`). */
  readonly prefix?: readonly string[];
}

/**
 * Calls `onEvent` with a line for each change of devices, addresses, routes, rules, neighbours, and of nftables (also by iptables-nft), as
 * `ip monitor` and `nft monitor` print it. Resolves when `signal` aborts, and rejects if one of the programs ends before.
 */
export async function followKernel(
  onEvent: (line: string) => void,
  { signal, prefix = [] }: FollowOptions,
): Promise<void> {
  const end = new AbortController();
  const until = AbortSignal.any([signal, end.signal]);
  try {
    await Promise.all(MONITORS.map((monitor) => follow([...prefix, ...WITH_AGENT, ...monitor], onEvent, until)));
  } finally {
    end.abort();
  }
}

async function follow(command: readonly string[], onEvent: (line: string) => void, signal: AbortSignal): Promise<void> {
  const { execa } = await import('execa');
  const [file = '', ...args] = command;
  const monitor = execa(file, args, { stdin: 'ignore', buffer: false, cancelSignal: signal });
  try {
    for await (const line of monitor) onEvent(String(line));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (!signal.aborted) throw new Error(`${command.join(' ')} ended`);
}
