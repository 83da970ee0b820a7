import type { Clock } from '../../system/index.ts';

/** Questions to the agent whose answers are outstanding. */
export interface Questions {
  /** False when no answer comes in time. */
  ask(timeoutMs: number, send: (id: number) => void): Promise<boolean>;
  answer(id: number, known: boolean): void;
  /** Answers all open questions with false. */
  giveUp(): void;
}

export function createQuestions(clock: Clock): Questions {
  const open = new Map<number, (known: boolean) => void>();
  let last = 0;
  const answer = (id: number, known: boolean): void => {
    open.get(id)?.(known);
    open.delete(id);
  };
  return {
    ask: async (timeoutMs, send) => {
      last += 1;
      const id = last;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const answered = new AbortController();
      open.set(id, resolve);
      send(id);
      const late = clock.sleep(timeoutMs, answered.signal).then(
        () => answer(id, false),
        () => {},
      );
      const known = await promise;
      answered.abort();
      await late;
      return known;
    },
    answer,
    giveUp: () => {
      for (const id of [...open.keys()]) answer(id, false);
    },
  };
}
