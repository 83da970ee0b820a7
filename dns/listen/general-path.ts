import type { Answer, Client } from '../query/client.ts';
import { createFairQueue } from './fair-queue.ts';

/** A datagram that the hot path left, with its own copy of the bytes. */
export interface Datagram {
  readonly message: Buffer;
  readonly client: Client;
  readonly reply: (reply: Buffer) => void;
}

interface Waiting extends Datagram {
  readonly receivedAtMs: number;
}

/** Answers datagrams that the hot path left, one client after the other. */
export interface GeneralPath {
  /** Call it before a datagram is copied. */
  admits(source: string): boolean;
  take(datagram: Datagram): void;
  /** Whether all datagrams taken are answered. */
  idle(): boolean;
}

/** Most queries are much smaller. */
const WEIGHT_BYTES = 512;
const LIMITS = {
  /** At most 8 MB, half a second of work. */
  total: 16_384,
  inFlightPerSource: 1_024,
  /** Short, so that a flood is read (and mostly dropped) faster than it fills the kernel's queue. */
  turnMs: 0.25,
};

export interface GeneralPathDependencies {
  readonly answer: Answer;
  /** Called for each datagram that was dropped because its client sent more than its share. */
  readonly onFlood: () => void;
}

export function createGeneralPath({ answer, onFlood }: GeneralPathDependencies): GeneralPath {
  const queue = createFairQueue<Waiting>(
    {
      serve: ({ message, client, reply, receivedAtMs }) => {
        const answered = answer(message, client, receivedAtMs);
        if (answered instanceof Promise) return answered.then((late) => late && reply(late));
        if (answered) reply(answered);
        return null;
      },
      weigh: ({ message }) => Math.ceil(message.length / WEIGHT_BYTES) || 1,
      onDrop: onFlood,
      now: () => performance.now(),
      later: setImmediate,
    },
    LIMITS,
  );
  return {
    admits: (source) => queue.admits(source),
    take: (datagram) => queue.push(datagram.client.address, { ...datagram, receivedAtMs: performance.now() }),
    idle: () => queue.idle(),
  };
}
