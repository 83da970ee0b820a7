import type { Problem } from '../../model/index.ts';
import { type Clock, createCoalescer, type Log } from '../../system/index.ts';
import type { Mirror, SavedPicture } from './mirror.ts';

const quietMs = 20;
const maxWaitMs = 200;
const retryMs = 5_000;

/** Saves the newest picture to disk, a burst of changes in one transaction. */
export interface Saver {
  poke(): void;
  /** What is wrong with saving now, and what was wrong with the file. */
  problems(): readonly Problem[];
  /** Saves what is not saved yet. Idempotent. */
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
      // Also without a further change: the disk may have room again.
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
    what: `cannot be saved (${error instanceof Error ? error.message : String(error)})`,
    hint: 'make room on the disk of the data directory, or make it writable; it is tried again every 5 s',
  };
}
