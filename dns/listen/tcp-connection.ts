import type { Socket } from 'node:net';
import type { Answer, Client } from '../query/client.ts';
import { HEADER_SIZE } from '../wire/codes.ts';
import { frame } from '../wire/framing.ts';
import { MAX_QUERY } from '../wire/read/query.ts';
import { createFrameQueue } from './frame-queue.ts';
import type { TcpLimits } from './tcp-limits.ts';

/** Messages of one connection before other clients have their turn: some 40 µs. */
const MESSAGES_A_TURN = 4;

export interface ConnectionDependencies {
  readonly answer: Answer;
  readonly socket: Socket;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Calls back soon, when it is this client's turn. */
  readonly inTurn: (step: () => void) => void;
}

/**
 * Answers the queries of one connection. Replies are sent as they are ready; the client tells them apart by id
 * [RFC 7766 §6.2.1.1]. A client that does not read its replies is not read from, and is disconnected after a while.
 */
export class TcpConnection {
  readonly address: string;
  readonly #deps: ConnectionDependencies;
  readonly #limits: TcpLimits;
  readonly #frames = createFrameQueue(MAX_QUERY + 1);
  #client: Client;
  #idleMs: number;
  #leaveAtMs = Number.POSITIVE_INFINITY;
  #inFlight = 0;
  #ended = false;
  #scheduled = false;
  /** Since when nothing happens. */
  #quietSince: number;
  /** Since when the end of a message is missing. */
  #partialSince: number | null = null;
  /** Since when replies wait to be read by the client. */
  #unreadSince: number | null = null;
  #receivedAt: number;

  constructor(dependencies: ConnectionDependencies, address: string, limits: TcpLimits) {
    this.#deps = dependencies;
    this.address = address;
    this.#limits = limits;
    this.#client = { address, transport: 'tcp', idleMs: limits.idleMs };
    this.#idleMs = limits.idleMs;
    this.#quietSince = dependencies.now();
    this.#receivedAt = this.#quietSince;
    this.#listen(dependencies.socket);
  }

  /** Since when nothing is in flight in either direction; null: something is. */
  idleSinceMs(): number | null {
    const { socket } = this.#deps;
    const isIdle = this.#inFlight === 0 && this.#partialSince === null && socket.writableLength === 0;
    return isIdle ? this.#quietSince : null;
  }

  /** Ends the connection if it was idle, or slow, for too long. Call it regularly. */
  check(nowMs: number): 'open' | 'idle' | 'slow' {
    const { socket } = this.#deps;
    if (socket.writableLength === 0) this.#unreadSince = null;
    const isSlow = this.#isSlow(nowMs);
    const idleSince = this.idleSinceMs();
    const isIdle = idleSince !== null && nowMs - idleSince > this.#idleMs;
    if (isSlow || (isIdle && !this.#isLeaving())) {
      socket.destroy();
      return isSlow ? 'slow' : 'idle';
    }
    // In order: unread bytes would turn the end into a reset, and the client would believe that the server is gone. A late
    // timer runs before newly arrived bytes are read.
    if (isIdle)
      setImmediate(() => {
        if (this.idleSinceMs() === idleSince) socket.end();
      });
    return isIdle ? 'idle' : 'open';
  }

  /** From now on a pause of `idleMs` ends the connection, and after `busyMs` the next reply does. */
  leave(idleMs: number, busyMs: number): void {
    this.#idleMs = idleMs;
    this.#leaveAtMs = this.#deps.now() + busyMs;
    this.#client = { ...this.#client, idleMs: 0 };
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#receivedAt = this.#deps.now();
      this.#quietSince = this.#receivedAt;
      this.#frames.push(chunk);
      this.#takeTurn();
    });
    socket.on('drain', () => {
      this.#unreadSince = null;
      this.#quietSince = this.#deps.now();
      this.#takeTurn();
    });
    socket.on('error', () => socket.destroy());
    socket.on('end', () => {
      this.#ended = true;
      this.#endIfDone();
    });
  }

  #isLeaving(): boolean {
    return this.#leaveAtMs !== Number.POSITIVE_INFINITY;
  }

  #isSlow(nowMs: number): boolean {
    const { messageMs, takeMs } = this.#limits;
    return (
      (this.#partialSince !== null && nowMs - this.#partialSince > messageMs) ||
      (this.#unreadSince !== null && nowMs - this.#unreadSince > takeMs)
    );
  }

  #mayTake(): boolean {
    const { socket } = this.#deps;
    const { maxInFlight, pauseBytes } = this.#limits;
    return this.#inFlight < maxInFlight && socket.writableLength < pauseBytes && !socket.destroyed;
  }

  #takeTurn(): void {
    if (this.#scheduled) return;
    const { socket, inTurn } = this.#deps;
    this.#scheduled = true;
    inTurn(() => {
      this.#scheduled = false;
      if (this.#takeSome()) this.#takeTurn();
      if (this.#mayTake() && !this.#scheduled) socket.resume();
      else socket.pause();
      this.#endIfDone();
    });
  }

  /** Answers a bounded number of messages; true: there may be more. */
  #takeSome(): boolean {
    for (let n = 0; n < MESSAGES_A_TURN; n += 1) {
      if (!this.#mayTake()) return false;
      const message = this.#frames.next();
      if (!message) {
        this.#partialSince = this.#frames.partial() ? (this.#partialSince ?? this.#deps.now()) : null;
        return false;
      }
      this.#partialSince = null;
      this.#take(message);
    }
    return true;
  }

  #take(message: Buffer): void {
    const { answer, socket } = this.#deps;
    // There is not even an id to answer to. No DNS client sends this.
    if (message.length < HEADER_SIZE) {
      socket.destroy();
      return;
    }
    this.#inFlight += 1;
    const reply = answer(message, this.#client, this.#receivedAt);
    if (reply instanceof Promise) void reply.then((late) => this.#settleLate(late));
    else this.#settle(reply);
  }

  #settleLate(reply: Buffer | null): void {
    this.#settle(reply);
    this.#takeTurn();
  }

  #settle(reply: Buffer | null): void {
    const { socket, now } = this.#deps;
    this.#inFlight -= 1;
    this.#quietSince = now();
    if (reply && socket.writable) socket.write(frame(reply));
    if (socket.writableLength > 0) this.#unreadSince ??= now();
    if (socket.writableLength > this.#limits.maxBytes) socket.destroy();
  }

  #endIfDone(): void {
    const { socket, now } = this.#deps;
    const isOver = this.#ended || now() >= this.#leaveAtMs;
    const isBusy = this.#inFlight > 0 || this.#scheduled;
    // A client that has not read its replies yet may have more queries in the queue.
    if (isOver && !isBusy && socket.writableLength < this.#limits.pauseBytes) socket.end();
  }
}
