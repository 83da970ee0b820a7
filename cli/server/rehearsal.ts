import { draftMap, type Snapshot } from '../../model/index.ts';

/**
 * A snapshot with equal content in which one container is another object. For code that compares by identity this is a
 * change, and everything made of the container is made again. Without containers it is the same snapshot.
 */
export function withChangedIdentity(snapshot: Snapshot): Snapshot {
  const [hostId, state] = [...snapshot.hosts].find(([, { containers }]) => containers.size > 0) ?? [];
  const [container] = state?.containers.values() ?? [];
  if (hostId === undefined || !state || !container) return snapshot;
  const containers = draftMap(state.containers);
  containers.set(container.id, { ...container });
  const hosts = draftMap(snapshot.hosts);
  hosts.set(hostId, { ...state, containers: containers.result() });
  return { ...snapshot, hosts: hosts.result() };
}
