import type { Problem } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { Bus } from '../bus.ts';
import { createSpace, createSpaceBus } from '../space/index.ts';
import { openDocuments } from './documents.ts';

export interface EmbeddedBusOptions {
  /** SQLite file, made if it is not there. */
  readonly path: string;
  readonly environment: string;
  /** How often documents written by another process are looked for, default 250 ms. */
  readonly pollMs?: number;
}

export interface EmbeddedBus extends Bus {
  /** What was wrong with the file when it was opened. */
  readonly problems: readonly Problem[];
}

/**
 * The bus of a single host: documents in a file, durable once acknowledged; facts in memory, since they come from the
 * host's own sources. Throws when the file cannot be used at all; one that is damaged is moved aside with a problem.
 */
export function createEmbeddedBus(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { path, environment, pollMs = 250 }: EmbeddedBusOptions,
): EmbeddedBus {
  const { table, problem } = openDocuments(path, environment);
  if (problem) log.error({ problem }, 'bus file was damaged and has been moved aside');
  const space = createSpace(table);
  const closed = new AbortController();
  const bus = createSpaceBus({ space, clock }, { driver: 'embedded', onAbandoned: () => {} });

  const follow = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(pollMs, closed.signal);
      if (table.refresh()) space.changed();
    }
  };
  const followed = follow().catch((error: unknown) => {
    if (!closed.signal.aborted) log.error({ err: error, path }, 'cannot follow the bus file any more');
  });
  return {
    ...bus,
    problems: problem ? [problem] : [],
    close: async () => {
      closed.abort();
      await bus.close();
      await followed;
      table.close();
    },
  };
}
