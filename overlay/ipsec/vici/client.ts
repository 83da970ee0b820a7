import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ViciMessage } from './message.ts';
import { textOf } from './message.ts';
import { decodePacket, encodeRequest, PacketSplitter, type ViciPacket, type ViciRequest } from './packet.ts';

/** A connection to charon. It is not made again: connect anew after `closed`. */
export interface Vici {
  /** Sends a command and gives its reply. Rejects with `ViciError` if charon refuses it. Commands run one after the other, in order. */
  request(command: string, message?: ViciMessage): Promise<ViciMessage>;
  /** Sends a command that charon replies to by events, such as `list-sas` by `list-sa`, and gives these events. */
  stream(command: string, event: string, message?: ViciMessage): Promise<readonly ViciMessage[]>;
  /** Calls `listener` at each event, until the function that it gives is called. */
  listen(event: string, listener: (message: ViciMessage) => void): Promise<() => Promise<void>>;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  /** Idempotent. Requests in flight reject. */
  close(): void;
}

/** charon's own reason, such as `unknown IKE_SA`. */
export class ViciError extends Error {
  readonly reason: string;

  constructor(command: string, reason: string) {
    super(`charon: ${command}: ${reason}`);
    this.name = 'ViciError';
    this.reason = reason;
  }
}

/** charon does not reply. */
export class ViciTimeout extends Error {
  constructor(timeoutMs: number) {
    super(`charon: no reply for ${timeoutMs} ms`);
    this.name = 'ViciTimeout';
  }
}

export interface ViciOptions {
  /** If charon sends nothing for this long although it owes a reply, it hangs, and the connection ends. Default 20 s. */
  readonly timeoutMs?: number;
  /** Default 2 s. */
  readonly connectMs?: number;
  readonly signal?: AbortSignal;
}

export async function connectVici(
  path: string,
  { timeoutMs = 20_000, connectMs = 2_000, signal }: ViciOptions = {},
): Promise<Vici> {
  const socket = connect(path);
  try {
    await once(socket, 'connect', {
      signal: AbortSignal.any([...(signal ? [signal] : []), AbortSignal.timeout(connectMs)]),
    });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return new Connection(socket, timeoutMs);
}

interface Waiting {
  readonly resolve: (packet: ViciPacket) => void;
  readonly reject: (error: Error) => void;
}

class Connection implements Vici {
  readonly closed: Promise<void>;
  readonly #socket;
  readonly #timeoutMs;
  readonly #splitter = new PacketSplitter();
  /** Replies come in the order of the requests. */
  readonly #waiting: Waiting[] = [];
  readonly #listeners = new Map<string, Set<(message: ViciMessage) => void>>();
  #lastStream: Promise<unknown> = Promise.resolve();
  #error: Error | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(this.#end())));
    socket.on('error', (error) => this.#fail(error));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  async request(command: string, message: ViciMessage = {}): Promise<ViciMessage> {
    const packet = await this.#send({ type: 'command', name: command, message });
    if (packet.type !== 'reply') throw new ViciError(command, 'this charon does not know the command');
    if (textOf(packet.message, 'success') === 'no') {
      throw new ViciError(command, textOf(packet.message, 'errmsg') ?? 'refused');
    }
    return packet.message;
  }

  async stream(command: string, event: string, message: ViciMessage = {}): Promise<readonly ViciMessage[]> {
    // Two streams of one event at the same time could not be told apart.
    const result = this.#lastStream.then(() => this.#collect(command, event, message));
    this.#lastStream = result.catch(() => {});
    return result;
  }

  async listen(event: string, listener: (message: ViciMessage) => void): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    const packet = await this.#send({ type: 'register', name: event });
    if (packet.type !== 'confirm') throw new ViciError(event, 'this charon does not know the event');
    return async () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#error === null) await this.#send({ type: 'unregister', name: event });
    };
  }

  close(): void {
    this.#fail(new Error('charon: the connection was closed'));
  }

  async #collect(command: string, event: string, message: ViciMessage): Promise<readonly ViciMessage[]> {
    const events: ViciMessage[] = [];
    const stop = await this.listen(event, (found) => {
      events.push(found);
    });
    try {
      await this.request(command, message);
    } finally {
      await stop();
    }
    return events;
  }

  async #send(request: ViciRequest): Promise<ViciPacket> {
    const bytes = encodeRequest(request);
    if (this.#error) throw this.#error;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#waiting.length === 1) this.#watch();
      this.#socket.write(bytes);
    });
  }

  /** Expects something from charon while a request waits. */
  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#waiting.length === 0 || this.#error !== null) return;
    this.#timer = setTimeout(() => this.#fail(new ViciTimeout(this.#timeoutMs)), this.#timeoutMs);
  }

  #receive(chunk: Buffer): void {
    for (const body of this.#splitter.push(chunk) ?? [Buffer.alloc(0)]) {
      const packet = decodePacket(body);
      if (packet === null) this.#fail(new Error('charon: a packet that is not VICI'));
      else if (packet.type !== 'event') this.#waiting.shift()?.resolve(packet);
      else for (const listener of this.#listeners.get(packet.name) ?? []) listener(packet.message);
    }
    this.#watch();
  }

  #fail(error: Error): void {
    this.#error ??= error;
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }

  #end(): void {
    this.#error ??= new Error('charon: it closed the connection');
    clearTimeout(this.#timer);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#error);
  }
}
