import type { Reduction } from '../../facts/index.ts';
import { type Clock, createWakeUp } from '../../system/index.ts';
import { diffPictures, emptyPicture, type Picture } from '../snapshot/picture.ts';
import type { StateStore } from '../store/store.ts';
import { encodeDelta, encodeLine, protocol } from './wire.ts';

/** Sends one client the changes of the store, and the answers to its questions. */
export interface FeedPump {
  /** The store has changed. */
  wake(): void;
  /** Queues an answer; it is sent after the current state of the store. */
  answer(id: number, known: boolean): void;
  /** Runs until the signal aborts, then rejects; values are reduced for the client. */
  run(reduce: Reduction, signal: AbortSignal): Promise<void>;
}

const maxAnswers = 1024;

interface Sent {
  readonly picture: Picture;
  /** Undefined before the first commit. */
  readonly staleSinceMs: number | null | undefined;
}

/**
 * Level-triggered: compares the state that was sent with the current one, so a client that does not read costs one old state
 * and no queue. `write` resolves when there is room for more.
 */
export function createPump(
  { store, clock }: { readonly store: StateStore; readonly clock: Clock },
  write: (text: string) => Promise<void>,
): FeedPump {
  const wakeUp = createWakeUp(clock);
  let answers: string[] = [];

  const sendChange = async (sent: Sent, reduce: Reduction): Promise<Sent> => {
    const now: Sent = { picture: store.picture(), staleSinceMs: store.staleSinceMs() };
    if (now.picture === sent.picture && now.staleSinceMs === sent.staleSinceMs) return sent;
    const commit = encodeLine({
      type: 'commit',
      revision: store.current().revision,
      full: sent.staleSinceMs === undefined,
      complete: now.picture.complete,
      staleSinceMs: now.staleSinceMs ?? null,
    });
    const delta = diffPictures(sent.picture, now.picture);
    let held = '';
    for (const piece of delta ? encodeDelta(delta, reduce) : []) {
      if (held) await write(held);
      held = piece;
    }
    await write(held + commit);
    return now;
  };
  const run = async (reduce: Reduction, signal: AbortSignal): Promise<void> => {
    const { hostId, environment } = store;
    await write(encodeLine({ type: 'hello', protocol, hostId, environment }));
    let sent: Sent = { picture: emptyPicture, staleSinceMs: undefined };
    for (;;) {
      // Taken before the state is read: the state that a question led to is sent before its answer.
      const ready = answers;
      answers = [];
      sent = await sendChange(sent, reduce);
      if (ready.length > 0) await write(ready.join(''));
      await wakeUp.wait(null, signal);
      signal.throwIfAborted();
    }
  };
  return {
    wake: wakeUp.wake,
    answer: (id, known) => {
      // A client that asks faster than it reads loses answers; its questions time out.
      if (answers.length < maxAnswers) answers.push(encodeLine({ type: 'identified', id, known }));
      wakeUp.wake();
    },
    run,
  };
}
