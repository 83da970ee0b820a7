import { once } from 'node:events';
import type { Socket } from 'node:net';
import { reductionFor } from '../../facts/index.ts';
import type { JsonValue } from '../../model/index.ts';
import type { Clock, Log } from '../../system/index.ts';
import type { StateStore } from '../store/store.ts';
import { createLineReader } from './line-reader.ts';
import { createPump } from './pump.ts';
import { type ClientMessage, decodeClientLine, maxClientLineChars } from './wire.ts';

export interface FeedServerDependencies {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Log;
}

export interface FeedServerOptions {
  /** Path of the unix socket. */
  readonly path: string;
  /** Called when a process asks about an unknown address: resolves true when the store knows it. */
  readonly onIdentify?: (address: string) => Promise<boolean>;
  readonly onReport?: (peer: FeedPeer, report: JsonValue) => void;
}

/** A process on the feed, as described by its hello. */
export interface FeedPeer {
  readonly role: string;
  readonly version: string;
  readonly pid: number;
  /** The newest revision that the process has applied, null before the first. */
  readonly appliedRevision: number | null;
  /** Its last report. */
  readonly report: JsonValue;
}

/** The connection of one process. */
export interface FeedConnection {
  /** Null until its hello has arrived. */
  peer(): FeedPeer | null;
  /** The store has changed. */
  wake(): void;
  close(): void;
  /** Resolves when socket and pump have ended; never rejects. */
  readonly ended: Promise<void>;
}

/** Most open questions of one client; further ones are not answered. */
const maxQuestions = 1024;

export function serveConnection(
  { store, clock, log, socket }: FeedServerDependencies & { readonly socket: Socket },
  { onIdentify, onReport }: FeedServerOptions,
): FeedConnection {
  const gone = new AbortController();
  let peer: FeedPeer | null = null;
  let questions = 0;
  let pumping: Promise<void> = Promise.resolve();

  const close = (): void => {
    gone.abort();
    socket.destroy();
  };
  const drop = (error: unknown): void => {
    if (!gone.signal.aborted) log.warn({ err: error, role: peer?.role ?? null }, 'closed a feed client after an error');
    close();
  };
  const pump = createPump({ store, clock }, async (text) => {
    gone.signal.throwIfAborted();
    if (!socket.write(text)) await once(socket, 'drain', { signal: gone.signal });
  });
  const identify = async (id: number, address: string): Promise<void> => {
    if (questions >= maxQuestions) return;
    questions += 1;
    let known = false;
    try {
      known = (await onIdentify?.(address)) ?? false;
    } catch (error) {
      log.warn({ err: error, address }, 'cannot identify an address');
    }
    questions -= 1;
    pump.answer(id, known);
  };
  const report = (from: FeedPeer, value: JsonValue): void => {
    peer = { ...from, report: value };
    onReport?.(peer, value);
  };
  const take = (message: ClientMessage): void => {
    if (message.type === 'hello') {
      if (peer) throw new Error('a second hello');
      peer = { role: message.role, version: message.version, pid: message.pid, appliedRevision: null, report: null };
      pumping = pump.run(reductionFor(message.role, store.table), gone.signal).catch(drop);
      return;
    }
    if (!peer) throw new Error('the first message was not a hello');
    if (message.type === 'applied') peer = { ...peer, appliedRevision: message.revision };
    else if (message.type === 'report') report(peer, message.report);
    else void identify(message.id, message.address);
  };

  const reader = createLineReader(maxClientLineChars);
  socket.setEncoding('utf8').on('data', (text: unknown) => {
    try {
      for (const line of reader.push(String(text))) {
        const message = gone.signal.aborted ? null : decodeClientLine(line);
        if (message) take(message);
      }
    } catch (error) {
      drop(error);
    }
  });
  // A 'close' follows. Without a listener the error would end the process.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const ended = closed.then(() => {
    gone.abort();
    return pumping;
  });
  return { peer: () => peer, wake: pump.wake, close, ended };
}
