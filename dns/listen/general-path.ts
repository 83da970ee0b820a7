import type { Recorder } from '../metrics/recorder.ts';
import type { Answer, Client } from '../query/client.ts';
import { createFairQueue } from './fair-queue.ts';

/** A datagram that the fast path left, with its own copy of the bytes. */
export interface Datagram {
  readonly message: Buffer;
  readonly client: Client;
  readonly reply: (reply: Buffer) => void;
}

interface Waiting extends Datagram {
  readonly receivedAtMs: number;
}

/** What the sockets hand their datagrams to when the fast path leaves them: answered in turns, one source after the other. */
export interface GeneralPath {
  /** To be asked before a datagram is copied. */
  admits(source: string): boolean;
  take(datagram: Datagram): void;
  /** Whether all that was taken is answered. */
  idle(): boolean;
}

/** Most queries are smaller by far. */
const WEIGHT_BYTES = 512;
const LIMITS = {
  /** At most 8 MB, half a second of work. */
  total: 16_384,
  underWayPerSource: 1_024,
  /** Short, so that a flood is read (and most of it dropped) faster than it fills the kernel's queue. */
  turnMs: 0.25,
};

export function createGeneralPath({
  answer,
  recorder,
}: {
  readonly answer: Answer;
  readonly recorder: Pick<Recorder, 'dropped'>;
}): GeneralPath {
  const queue = createFairQueue<Waiting>(
    {
      serve: ({ message, client, reply, receivedAtMs }) => {
        const answered = answer(message, client, receivedAtMs);
        if (answered instanceof Promise) return answered.then((late) => late && reply(late));
        if (answered) reply(answered);
        return null;
      },
      weigh: ({ message }) => Math.ceil(message.length / WEIGHT_BYTES) || 1,
      onDrop: () => recorder.dropped('flood'),
      now: () => performance.now(),
      later: setImmediate,
    },
    LIMITS,
  );
  return {
    admits: queue.admits,
    take: (datagram) => queue.push(datagram.client.address, { ...datagram, receivedAtMs: performance.now() }),
    idle: queue.idle,
  };
}
