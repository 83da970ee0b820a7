import type Docker from 'dockerode';

/** Label of the containers of deploy/compose.yaml; its value is the service: `agent`, `dns`, `metadata` or `lb`. */
const LABEL = 'drover.process';
const STOP_WITHIN_S = 10;

/**
 * Stops the containers that Drover itself runs in, so that their restart policy does not start them again. Returns a function that
 * stops the one of this process; null: this process runs in no such container.
 */
export async function stopOwnContainers(docker: Docker): Promise<(() => Promise<void>) | null> {
  const filters = { label: [LABEL], status: ['running', 'restarting', 'paused'] };
  let stopSelf: (() => Promise<void>) | null = null;
  for (const { Id } of await docker.listContainers({ filters })) {
    const container = docker.getContainer(Id);
    const { State } = await container.inspect();
    const stop = async (): Promise<void> => {
      await container.stop({ t: STOP_WITHIN_S });
    };
    // These containers share the process ids of the host.
    if (State.Pid === process.pid) stopSelf = stop;
    else await stop();
  }
  return stopSelf;
}
