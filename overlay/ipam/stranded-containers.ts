import type Docker from 'dockerode';
import type { Problem } from '../../model/index.ts';
import type { Log } from '../../system/index.ts';
import { listDriverNetworks } from './driver-networks.ts';

/** Why Docker gave up the start of a container: the IPAM driver did not respond, or it had no address. */
export type StrandedReason = 'driver' | 'address';

/** With these restart policies Docker starts a container itself after a crash and after its own restart. */
const RESTARTED = new Set(['always', 'unless-stopped', 'on-failure']);
const SWARM_TASK = 'com.docker.swarm.task.id';

/**
 * Starts the containers that Docker gave up because the IPAM driver was not running or had no address: Docker requests an
 * address once per start, and does not retry. Returns those that do not run yet. Rejects when Docker does not respond.
 */
export async function startStranded({
  docker,
  log,
}: {
  readonly docker: Docker;
  readonly log: Log;
}): Promise<readonly Problem[]> {
  const networks = await listDriverNetworks(docker);
  if (networks.length === 0) return [];
  // By name: a container that was never started does not have the id of its network.
  const filters = { network: networks.map(({ Name }) => Name), status: ['created', 'exited'] };
  const problems: Problem[] = [];
  let isExhausted = false;
  for (const { Id, Labels } of await docker.listContainers({ all: true, filters })) {
    // Swarm replaces a task that failed.
    if (Labels[SWARM_TASK] !== undefined) continue;
    const container = docker.getContainer(Id);
    const inspected = await container.inspect().catch(() => null);
    const reason = strandedBy(inspected?.State.Error ?? '');
    if (!inspected || reason === null) continue;
    const name = inspected.Name.replace(/^\//, '');
    if (!RESTARTED.has(inspected.HostConfig.RestartPolicy?.Name ?? '')) {
      problems.push(withoutPolicy(name, reason));
      continue;
    }
    // While the pool is exhausted, the others are not tried.
    const failure: string | null = isExhausted ? NO_ADDRESS : await startNow(container);
    if (failure === null) log.info({ container: name, reason }, 'started a container that Docker had given up');
    else problems.push(stillStranded(name, reason, failure));
    isExhausted ||= failure === NO_ADDRESS;
  }
  return problems;
}

/**
 * Reads the error of a container that Docker could not start; null: another reason. Before dockerd has loaded the driver, it
 * reports a plugin that is not found or cannot be activated, later the failed request. Pure.
 */
export function strandedBy(error: string): StrandedReason | null {
  if (/address pool \S+: exhausted/.test(error)) return 'address';
  if (/volume plugin/.test(error)) return null;
  const isDrivers = /IpamDriver\.|plugins\/drover\.sock|ipam driver/i.test(error);
  return isDrivers || /plugin(:| "drover")? (plugin )?not found/.test(error) ? 'driver' : null;
}

/** The message of Docker if it cannot start the container. */
async function startNow(container: Docker.Container): Promise<string | null> {
  return container.start().then(
    () => null,
    ({ message }: Error) => (strandedBy(message) === 'address' ? NO_ADDRESS : message.trim()),
  );
}

const NO_ADDRESS = 'there is still no free address';

const REASONS: Readonly<Record<StrandedReason, string>> = {
  driver: "Drover's address management did not respond, or failed",
  address: 'no address was free',
};

function stillStranded(name: string, reason: StrandedReason, failure: string): Problem {
  return {
    subject: `container ${name}`,
    what: `is not running: Docker gave it up because ${REASONS[reason]}; ${failure}`,
    hint:
      reason === 'address'
        ? 'no action needed once an address is free: Drover then starts it'
        : `no action needed, Drover retries automatically; if this persists, fix the cause that Docker reports, then run: docker start ${name}`,
  };
}

function withoutPolicy(name: string, reason: StrandedReason): Problem {
  return {
    subject: `container ${name}`,
    what: `is not running: Docker could not start it because ${REASONS[reason]}; it has no restart policy`,
    hint: `start it: docker start ${name}`,
  };
}
