/** Questions to the agent that wait for their answer. */
export interface Questions {
  /** Registers one; `answer` settles it, once. */
  ask(): { readonly id: number; readonly answered: Promise<boolean> };
  answer(id: number, known: boolean): void;
  /** Answers all that are open with false. */
  giveUp(): void;
}

export function createQuestions(): Questions {
  const open = new Map<number, (known: boolean) => void>();
  let last = 0;
  return {
    ask: () => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      last += 1;
      open.set(last, resolve);
      return { id: last, answered: promise };
    },
    answer: (id, known) => {
      open.get(id)?.(known);
      open.delete(id);
    },
    giveUp: () => {
      for (const resolve of open.values()) resolve(false);
      open.clear();
    },
  };
}
