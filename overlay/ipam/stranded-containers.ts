import type Docker from 'dockerode';
import type { Problem } from '../../model/index.ts';
import type { Log } from '../../system/index.ts';

export interface StrandedOptions {
  /** Name of the managed network. */
  readonly network: string;
  /** Socket of the IPAM driver, as Docker names it in its error message. */
  readonly socketPath: string;
}

/** Docker starts containers with these restart policies itself. */
const RESTARTED = new Set(['always', 'unless-stopped']);

/**
 * Starts the containers that Docker could not start because the IPAM driver was not running: when Docker starts before the
 * agent, it requests addresses once and does not retry. Returns those that still do not start.
 */
export async function startStranded(
  { docker, log }: { readonly docker: Docker; readonly log: Log },
  { network, socketPath }: StrandedOptions,
): Promise<readonly Problem[]> {
  const filters = { network: [network], status: ['created', 'exited'] };
  const problems: Problem[] = [];
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    const container = docker.getContainer(Id);
    const { Name, State, HostConfig } = await container.inspect();
    if (!RESTARTED.has(HostConfig.RestartPolicy?.Name ?? '') || !State.Error.includes(socketPath)) continue;
    const name = Name.replace(/^\//, '');
    try {
      await container.start();
      log.info(
        { container: name },
        'started a container that Docker could not start while the IPAM driver was not running',
      );
    } catch (cause) {
      const what = `Docker could not start it while the IPAM driver was not running, and cannot start it now: ${String(cause)}`;
      problems.push({
        subject: `container ${name}`,
        what,
        hint: `fix the cause that Docker reports, then run: docker start ${name}`,
      });
    }
  }
  return problems;
}
