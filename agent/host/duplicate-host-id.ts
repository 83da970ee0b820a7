import type { BusBatch } from '../../bus/index.ts';
import type { Host, Problem } from '../../model/index.ts';

/** Notices that another machine uses our host id (a cloned one): the younger of the two keeps it. */
export interface TwinWatch {
  /** Passes batches on, looking at what stands under our own id; `onBatch` is called once each was taken. */
  look(batches: AsyncIterable<BusBatch>, onBatch: () => void): AsyncIterable<BusBatch>;
  /** Null while nobody else claims to be us. */
  problem(): Problem | null;
}

export function createTwinWatch(own: { readonly hostId: string; readonly incarnation: number }): TwinWatch {
  let twin: Problem | null = null;

  const lookAt = (batch: BusBatch): void => {
    if (!batch.hosts.has(own.hostId)) return;
    const host = batch.hosts.get(own.hostId)?.get('host') as Partial<Host> | undefined;
    const isYounger = typeof host?.incarnation === 'number' && host.incarnation > own.incarnation;
    twin = isYounger ? twinProblem(own.hostId, host) : null;
  };

  return {
    look: async function* (batches, onBatch) {
      for await (const batch of batches) {
        lookAt(batch);
        yield batch;
        onBatch();
      }
    },
    problem: () => twin,
  };
}

function twinProblem(hostId: string, { hostname = 'unknown', address = 'unknown' }: Partial<Host>): Problem {
  return {
    subject: `host id ${hostId}`,
    what: `another machine uses it too (${hostname}, ${address}), so this one is not published: was one cloned from the other?`,
    hint: 'stop the agent on one of them, remove the file host-id from its data directory, and start it again',
  };
}
