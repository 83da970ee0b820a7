import { isLoopback } from '../upstream/choice/address-kinds.ts';
import type { Listen } from './server.ts';

/**
 * Whether the packets of a client cannot cross another host: it has a loopback address, or the server listens only on addresses that
 * routers do not forward [RFC 1122 §3.2.1.3, RFC 3927 §2.7], like the link-local service address of the containers.
 */
export function createSameHost(listen: readonly Listen[]): (client: string) => boolean {
  const isHostOnly = listen.every(({ address }) => address.startsWith('169.254.') || isLoopback(address));
  return (client) => isHostOnly || isLoopback(client);
}
