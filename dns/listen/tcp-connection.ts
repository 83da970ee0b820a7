import type { Socket } from 'node:net';
import type { Answer, Client } from '../query/client.ts';
import { HEADER_SIZE } from '../wire/codes.ts';
import { frame } from '../wire/framing.ts';
import { MAX_QUERY } from '../wire/read/query.ts';
import { createFrameQueue } from './frame-queue.ts';
import type { TcpLimits } from './tcp-limits.ts';

export interface TcpConnection {
  readonly address: string;
  /** Since when nothing is under way in either direction; null: something is. */
  idleSinceMs(): number | null;
  /** To be called from time to time: ends it when it has been idle, or slow, for too long. */
  check(nowMs: number): 'open' | 'idle' | 'slow';
  /** From now on so short a pause ends it, and after `busyMs` also the next answer does. */
  leave(idleMs: number, busyMs: number): void;
}

/** Messages of one connection before others have their turn: some 40 us. */
const MESSAGES_A_TURN = 4;

export interface ConnectionDependencies {
  readonly answer: Answer;
  readonly socket: Socket;
  readonly now: () => number;
  /** Calls back soon, when it is this client's turn. */
  readonly inTurn: (step: () => void) => void;
}

/**
 * Answers what comes over a connection. Replies go out as they are ready; the client tells them apart by id
 * [RFC 7766 §6.2.1.1]. Who does not take them is not read any more, and after a while not served.
 */
export function serveConnection(
  { answer, socket, now, inTurn }: ConnectionDependencies,
  address: string,
  limits: TcpLimits,
): TcpConnection {
  const frames = createFrameQueue(MAX_QUERY + 1);
  let client: Client = { address, transport: 'tcp', idleMs: limits.idleMs };
  let idleMs = limits.idleMs;
  let leaveAtMs = Number.POSITIVE_INFINITY;
  let underWay = 0;
  let ended = false;
  let scheduled = false;
  /** Since when: nothing happens, part of a message is there, replies lie there. */
  let quietSince = now();
  let partialSince: number | null = null;
  let untakenSince: number | null = null;
  /** When the last piece came. */
  let receivedAt = quietSince;

  const mayTake = (): boolean =>
    underWay < limits.maxUnderWay && socket.writableLength < limits.pauseBytes && !socket.destroyed;

  const endIfDone = (): void => {
    const over = ended || now() >= leaveAtMs;
    // Whoever has not taken its replies yet may have more questions here.
    if (over && underWay === 0 && !scheduled && socket.writableLength < limits.pauseBytes) socket.end();
  };

  const settle = (reply: Buffer | null): void => {
    underWay -= 1;
    quietSince = now();
    if (reply && socket.writable) socket.write(frame(reply));
    if (socket.writableLength > 0) untakenSince ??= now();
    if (socket.writableLength > limits.maxBytes) socket.destroy();
  };

  const settleLate = (reply: Buffer | null): void => {
    settle(reply);
    takeTurn();
  };

  const take = (message: Buffer): void => {
    // Not even an id to answer: nobody who speaks DNS sends this.
    if (message.length < HEADER_SIZE) {
      socket.destroy();
      return;
    }
    underWay += 1;
    const reply = answer(message, client, receivedAt);
    if (reply instanceof Promise) void reply.then(settleLate);
    else settle(reply);
  };

  /** Answers a bounded number of messages; true: there may be more. */
  const takeSome = (): boolean => {
    for (let n = 0; n < MESSAGES_A_TURN; n += 1) {
      if (!mayTake()) return false;
      const message = frames.next();
      if (!message) {
        partialSince = frames.partial() ? (partialSince ?? now()) : null;
        return false;
      }
      partialSince = null;
      take(message);
    }
    return true;
  };

  const takeTurn = (): void => {
    if (scheduled) return;
    scheduled = true;
    inTurn(() => {
      scheduled = false;
      if (takeSome()) takeTurn();
      if (mayTake() && !scheduled) socket.resume();
      else socket.pause();
      endIfDone();
    });
  };

  socket.on('data', (chunk: Buffer) => {
    receivedAt = now();
    quietSince = receivedAt;
    frames.push(chunk);
    takeTurn();
  });
  socket.on('drain', () => {
    untakenSince = null;
    quietSince = now();
    takeTurn();
  });
  socket.on('error', () => socket.destroy());
  socket.on('end', () => {
    ended = true;
    endIfDone();
  });

  const idleSinceMs = (): number | null =>
    underWay === 0 && partialSince === null && socket.writableLength === 0 ? quietSince : null;

  const leaving = (): boolean => leaveAtMs !== Number.POSITIVE_INFINITY;
  /** A timer that is late comes before what has arrived meanwhile is read. */
  const endIfStillIdle = (since: number): void => {
    if (idleSinceMs() === since) socket.end();
  };

  return {
    address,
    idleSinceMs,
    check: (nowMs) => {
      if (socket.writableLength === 0) untakenSince = null;
      const tooSlow =
        (partialSince !== null && nowMs - partialSince > limits.messageMs) ||
        (untakenSince !== null && nowMs - untakenSince > limits.takeMs);
      const idleSince = idleSinceMs();
      const idle = idleSince !== null && nowMs - idleSince > idleMs;
      if (tooSlow || (idle && !leaving())) {
        socket.destroy();
        return tooSlow ? 'slow' : 'idle';
      }
      // In order: what lies there unread would make a reset of it, and the client believe that nobody is there.
      if (idle) setImmediate(endIfStillIdle, idleSince);
      return idle ? 'idle' : 'open';
    },
    leave: (shortMs, busyMs) => {
      idleMs = shortMs;
      leaveAtMs = now() + busyMs;
      client = { ...client, idleMs: 0 };
    },
  };
}
