import type { Problem } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { Bus } from '../contract/bus.ts';
import { createSpace, createSpaceBus } from '../space/index.ts';
import { openDocuments } from './documents.ts';

export interface EmbeddedBusOptions {
  /** SQLite file, created if missing. */
  readonly path: string;
  readonly environment: string;
  /** How often the bus checks for documents written by another process. Default 250 ms. */
  readonly pollMs?: number;
}

export interface EmbeddedBus extends Bus {
  /** Problems found when the file was opened. */
  readonly problems: readonly Problem[];
}

/**
 * The bus of a single host. Documents are in a file and durable once acknowledged. Facts are in memory, because the
 * host's own sources list them again at each start. Throws if the file cannot be used; a damaged file is moved aside and
 * reported in `problems`.
 */
export function createEmbeddedBus(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { path, environment, pollMs = 250 }: EmbeddedBusOptions,
): EmbeddedBus {
  const { table, problem } = openDocuments(path, environment);
  if (problem) log.error({ problem }, 'bus file was damaged and moved aside');
  const space = createSpace(clock, table);
  const closed = new AbortController();
  const bus = createSpaceBus({ space, clock }, { driver: 'embedded', onAbandoned: () => {} });

  const follow = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(pollMs, closed.signal);
      if (table.refresh()) space.changed();
    }
  };
  const followed = follow().catch((error: unknown) => {
    if (!closed.signal.aborted)
      log.error({ err: error, path }, 'stopped checking the bus file for changes by other processes');
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
