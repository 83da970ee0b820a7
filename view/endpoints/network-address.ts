import type { Container } from '../../model/index.ts';
import { hostKey } from '../host-view/dependency-key.ts';
import type { DependencyRecorder } from '../host-view/dependency-recorder.ts';
import type { HostView } from '../host-view/host-view.ts';
import type { Reach, Unreachable } from './address.ts';

/** The address of a container on one network of its host, for askers on the same network. */
export function addressOnNetwork(
  view: HostView,
  { hostId, addresses, state }: Container,
  networkId: string,
  recorder?: DependencyRecorder,
): Reach | Unreachable {
  recorder?.depends(hostKey(hostId));
  const found = addresses.find((address) => address.networkId === networkId);
  const texts = [found?.ipv4, found?.ipv6].filter((text) => text !== null && text !== undefined);
  const [address] = texts;
  if (!found || address === undefined) return { ok: false, reason: `it has no address on the network (${state})` };
  const kind = view.snapshot.hosts.get(hostId)?.networks.get(networkId)?.kind;
  return {
    ok: true,
    address,
    addresses: texts,
    via: kind === 'managed' ? 'managed' : 'bridge',
    network: found.networkName,
    ports: [],
  };
}
