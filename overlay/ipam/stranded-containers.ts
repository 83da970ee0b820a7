import type Docker from 'dockerode';
import type { Problem } from '../../model/index.ts';
import type { Log } from '../../system/index.ts';

export interface StrandedOptions {
  /** Name of the managed network. */
  readonly network: string;
  /** Socket of the address driver, as Docker names it in its complaint. */
  readonly socketPath: string;
}

/** Restart policies by which Docker itself would have started the container, had it had an address. */
const RESTARTED = new Set(['always', 'unless-stopped']);

/**
 * Starts the containers that Docker was to start and could not, because it asked for an address while the driver was away
 * (Docker came up before the agent); Docker does not try again. Gives those that still do not start.
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
      log.info({ container: name }, 'started a container that Docker could not start without the address driver');
    } catch (cause) {
      const what = `Docker could not start it while the address driver was away, and cannot now: ${String(cause)}`;
      problems.push({
        subject: `container ${name}`,
        what,
        hint: `fix what Docker reports, then: docker start ${name}`,
      });
    }
  }
  return problems;
}
