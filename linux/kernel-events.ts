const MONITOR = ['--pdeathsig', 'KILL', 'ip', '-oneline', 'monitor', 'link', 'route', 'rule', 'neigh'];

/**
 * Calls `onEvent` with a line for each change of a device, route, rule or neighbour, as `ip monitor` prints it. Resolves when `signal` aborts,
 * and rejects if the program ends before.
 */
export async function followKernel(onEvent: (line: string) => void, signal: AbortSignal): Promise<void> {
  const { execa } = await import('execa');
  // Without the agent it would wait for an event that it can report to nobody.
  const monitor = execa('setpriv', MONITOR, { stdin: 'ignore', buffer: false, cancelSignal: signal });
  try {
    for await (const line of monitor) onEvent(String(line));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (!signal.aborted) throw new Error('ip monitor ended');
}
