import type { Problem } from '../../model/index.ts';
import { type Clock, createCoalescer, type Log } from '../../system/index.ts';
import type { Mirror, SavedPicture } from './mirror.ts';

const quietMs = 20;
const maxWaitMs = 200;
const retryMs = 5_000;

/** Saves the newest state to disk; a burst of changes is one transaction. */
export interface Saver {
  poke(): void;
  /** Why saving fails now, and problems of the file. */
  problems(): readonly Problem[];
  /** Saves pending changes. Idempotent. */
  close(): Promise<void>;
}

export function createSaver(
  { mirror, clock, log }: { readonly mirror: Mirror; readonly clock: Clock; readonly log: Log },
  newest: () => SavedPicture,
): Saver {
  const closed = new AbortController();
  let failure: Problem | null = null;
  let retrying: Promise<void> = Promise.resolve();

  const save = (): void => {
    try {
      mirror.save(newest());
      if (failure) log.info({}, 'the state is saved to disk again');
      failure = null;
    } catch (error) {
      if (!failure) log.error({ err: error }, 'the state cannot be saved to disk');
      failure = cannotSave(error);
      // Retried without a further change, because the disk may have free space again.
      retrying = clock.sleep(retryMs, closed.signal).then(coalescer.poke, () => {});
    }
  };
  const coalescer = createCoalescer({ clock, log }, { quietMs, maxWaitMs }, save);
  return {
    poke: coalescer.poke,
    problems: () => [...mirror.problems(), ...(failure ? [failure] : [])],
    close: async () => {
      await coalescer.close();
      closed.abort();
      await retrying;
    },
  };
}

function cannotSave(error: unknown): Problem {
  return {
    subject: 'state mirror',
    what: `the state cannot be saved to disk (${error instanceof Error ? error.message : String(error)})`,
    hint: 'free space on the disk of the data directory, or make it writable; Drover retries every 5 s',
  };
}
