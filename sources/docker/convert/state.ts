import type { Container, ContainerState, HealthState, NetworkMode } from '../../../model/index.ts';

/** Whether the container has processes, and therefore addresses. */
export function isActive(state: ContainerState): boolean {
  return state === 'running' || state === 'paused' || state === 'stopping';
}

/** The state from Docker's status and from events: a stop signal was sent, or a start is in progress. */
export function stateOf(
  status: string,
  { stopping, starting }: { stopping: boolean; starting: boolean },
): ContainerState {
  if (status === 'running') return stopping ? 'stopping' : 'running';
  if (status === 'paused') return 'paused';
  if (starting) return 'starting';
  if (status === 'restarting' || status === 'created') return status;
  return 'stopped';
}

export function healthOf(status: string | null | undefined): HealthState | null {
  if (status === 'starting') return 'initializing';
  return status === 'healthy' || status === 'unhealthy' ? status : null;
}

/** Whether Docker reports the container as running, with its health check passed or without one. */
export function isRunningWell({ state, health }: Pick<Container, 'state' | 'health'>): boolean {
  return state === 'running' && (health === null || health === 'healthy');
}

/**
 * `HostConfig.NetworkMode`: `default`, `bridge`, a network's name, `host`, `none` or `container:<name or id>`. Docker keeps `none`
 * when the container is attached to networks later.
 */
export function networkModeOf(
  mode: string | null | undefined,
  { idOf, networks }: { readonly idOf: (nameOrId: string) => string | null; readonly networks: readonly string[] },
): { readonly networkMode: NetworkMode; readonly networkFrom: string | null } {
  if (mode === 'host') return { networkMode: 'host', networkFrom: null };
  if (mode === 'none') {
    const isAttached = networks.some((name) => name !== 'none');
    return { networkMode: isAttached ? 'bridge' : 'none', networkFrom: null };
  }
  if (!mode?.startsWith('container:')) return { networkMode: 'bridge', networkFrom: null };
  const other = mode.slice('container:'.length);
  return { networkMode: 'container', networkFrom: idOf(other) ?? (/^[0-9a-f]{64}$/.test(other) ? other : null) };
}
