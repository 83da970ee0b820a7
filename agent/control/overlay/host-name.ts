import type { HostView } from '../../../view/index.ts';

/** The name of a host, for operators; its id if it is not known. */
export function hostName({ snapshot }: Pick<HostView, 'snapshot'>, hostId: string): string {
  return snapshot.hosts.get(hostId)?.host?.name ?? hostId;
}
