import type Docker from 'dockerode';
import type { Problem } from '../model/index.ts';

export type Inspect = Docker.ContainerInspectInfo;

const SWARM_TASK = 'com.docker.swarm.task.id';
/** Label of the containers that Drover itself runs in (deploy/compose.yaml). */
const OWN_PROCESS = 'drover.process';

/** Why Drover cannot replace a container; null: it can. `others` are the other containers of this host. Pure. */
export function obstacleTo(inspect: Inspect, others: readonly Inspect[]): Problem | null {
  const subject = `container ${nameOf(inspect)}`;
  const { State, HostConfig, Config } = inspect;
  if (State.Paused)
    return {
      subject,
      what: 'is not replaced because it is paused',
      hint: `resume it: docker unpause ${nameOf(inspect)}`,
    };
  if (!State.Running)
    return {
      subject,
      what: 'is not replaced because it is not running',
      hint: `start it: docker start ${nameOf(inspect)}`,
    };
  if (HostConfig.AutoRemove)
    return {
      subject,
      what: 'cannot be replaced: it was started with --rm, so that Docker removes it as soon as it is stopped',
      hint: 'start it without --rm, with a restart policy',
    };
  if (Config.Labels?.[SWARM_TASK] !== undefined)
    return {
      subject,
      what: 'is not replaced because it is a task of Docker Swarm',
      hint: 'no action needed: configure a health check of the Swarm service, and Swarm replaces its tasks',
    };
  if (Config.Labels?.[OWN_PROCESS] !== undefined)
    return {
      subject,
      what: 'is not replaced because Drover itself runs in it',
      hint: 'set `strategy: none` for its service',
    };
  const users = others.filter((other) => uses(other, inspect)).map(nameOf);
  if (users.length === 0) return null;
  return {
    subject,
    what: `is not replaced because ${users.sort().join(', ')} would lose it: Docker ties these containers to its id`,
    hint: `recreate them together: docker compose up --force-recreate, or connect them by network name instead of network_mode, ipc, pid or links`,
  };
}

/** Name without the slash. */
export function nameOf({ Name }: Pick<Inspect, 'Name'>): string {
  return Name.replace(/^\//, '');
}

/** Whether a container shares a namespace of another one, or is linked to it on the default network. Docker resolves both only once. */
function uses({ State, HostConfig }: Inspect, { Id, Name }: Inspect): boolean {
  const { NetworkMode, IpcMode, PidMode } = HostConfig;
  const links = (HostConfig.Links as readonly string[] | null | undefined) ?? [];
  const shares = [NetworkMode, IpcMode, PidMode].includes(`container:${Id}`);
  return State.Running && (shares || links.some((link) => link.startsWith(`${Name}:`)));
}
