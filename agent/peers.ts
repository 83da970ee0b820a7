import type { Host } from '../model/index.ts';
import type { Picture } from '../state/index.ts';

/** Another host, as its own fact says, also when it is held dead. */
export type PeerHost = Pick<Host, 'id' | 'name' | 'address' | 'subnets' | 'incarnation'>;

/** All other hosts of the environment. A fact that makes no sense is nobody. */
export function peersOf({ hosts }: Picture, ownHostId: string): readonly PeerHost[] {
  return [...hosts].flatMap(([id, facts]): PeerHost[] => {
    const fact = facts.get('host') as Partial<Host> | undefined;
    if (id === ownHostId || typeof fact?.address !== 'string' || typeof fact.incarnation !== 'number') return [];
    const { address, incarnation, name = id } = fact;
    return [{ id, name, address, incarnation, subnets: Array.isArray(fact.subnets) ? fact.subnets : [] }];
  });
}
