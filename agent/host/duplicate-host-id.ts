import type { BusBatch } from '../../bus/index.ts';
import type { Host, Problem } from '../../model/index.ts';

/** Detects a second machine with the same host id (a cloned one). The machine whose agent started last keeps the id. */
export interface DuplicateHostIdWatch {
  /** Passes batches on and checks the facts below the own host id; `onBatch` is called when the consumer has taken a batch. */
  check(batches: AsyncIterable<BusBatch>, onBatch: () => void): AsyncIterable<BusBatch>;
  /** Null while no other machine uses the id. */
  problem(): Problem | null;
}

export function createDuplicateHostIdWatch(own: {
  readonly hostId: string;
  readonly incarnation: number;
}): DuplicateHostIdWatch {
  let duplicate: Problem | null = null;

  const checkBatch = (batch: BusBatch): void => {
    if (!batch.hosts.has(own.hostId)) return;
    const host = batch.hosts.get(own.hostId)?.get('host') as Partial<Host> | undefined;
    const isNewer = typeof host?.incarnation === 'number' && host.incarnation > own.incarnation;
    duplicate = isNewer ? duplicateProblem(own.hostId, host) : null;
  };

  return {
    check: async function* (batches, onBatch) {
      for await (const batch of batches) {
        checkBatch(batch);
        yield batch;
        onBatch();
      }
    },
    problem: () => duplicate,
  };
}

function duplicateProblem(hostId: string, { hostname = 'unknown', address = 'unknown' }: Partial<Host>): Problem {
  return {
    subject: `host id ${hostId}`,
    what: `another machine uses the same host id (${hostname}, ${address}), so other hosts do not see this one; one of the two may be a clone`,
    hint: 'stop the agent on one of them, remove the file `host-id` from its data directory, and start the agent again',
  };
}
