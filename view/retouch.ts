import { draftMap, type Snapshot } from '../model/index.ts';

/**
 * The same snapshot, in which one container is another object: to whoever compares by identity it has changed, and all that is
 * made of it is made anew, and the same. Gives the snapshot itself where there are no containers.
 */
export function retouched(snapshot: Snapshot): Snapshot {
  const [hostId, state] = [...snapshot.hosts].find(([, { containers }]) => containers.size > 0) ?? [];
  const [container] = state?.containers.values() ?? [];
  if (hostId === undefined || !state || !container) return snapshot;
  const containers = draftMap(state.containers);
  containers.set(container.id, { ...container });
  const hosts = draftMap(snapshot.hosts);
  hosts.set(hostId, { ...state, containers: containers.result() });
  return { ...snapshot, hosts: hosts.result() };
}
