import { once } from 'node:events';
import type { Backend } from '../backend/backend.ts';

/** No tunnel: plain routes via the address of each host. Every router in between must know the subnets, or the hosts share a network. */
export function createDirect(): Backend<null, never> {
  return {
    name: 'direct',
    slot: 0,
    device: null,
    port: null,
    overheadBytes: { 4: 0, 6: 0 },
    detect: async () => ({ backend: 'direct', means: 'kernel', lacks: '' }),
    publicKey: async () => null,
    renewKey: async () => {},
    hop: ({ address }) => ({ device: null, gateway: address }),
    applier: {
      observe: async () => null,
      plan: () => ({ changes: [], problems: [] }),
      apply: async () => {},
      format: () => '',
    },
    run: async (signal) => {
      if (!signal.aborted) await once(signal, 'abort');
    },
    traffic: async () => new Map(),
    remove: async () => {},
  };
}
