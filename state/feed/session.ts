import { connect } from 'node:net';
import { createLineReader } from './line-reader.ts';
import { createPartSharing } from './share-parts.ts';
import { type ClientMessage, decodeServerLine, encodeLine, maxServerLineChars, type ServerMessage } from './wire.ts';

/** One connection to the agent. */
export interface FeedSession {
  /** Drops the message when the send buffer is full because the agent does not read. */
  send(message: ClientMessage): void;
  /** Resolves when the connection is closed; never rejects. */
  readonly ended: Promise<SessionEnd>;
}

/** `away`: no agent listens, or it closed the connection. `nonsense`: the other side does not speak the protocol. */
export interface SessionEnd {
  readonly kind: 'away' | 'nonsense';
  readonly error: Error;
}

export interface FeedSessionOptions {
  readonly path: string;
  /** Sent as soon as the connection is open. */
  readonly greeting: readonly ClientMessage[];
  /** A throw ends the connection. */
  readonly onMessage: (message: ServerMessage) => void;
  readonly signal: AbortSignal;
}

const maxUnsentBytes = 1 << 20;

export function openSession({ path, greeting, onMessage, signal }: FeedSessionOptions): FeedSession {
  const socket = connect(path);
  const reader = createLineReader(maxServerLineChars);
  const parts = createPartSharing();
  let reason: SessionEnd | null = null;

  const end = (kind: SessionEnd['kind'], message: string, cause: unknown): void => {
    reason ??= { kind, error: new Error(message, { cause }) };
    socket.destroy();
  };
  const take = (text: string): void => {
    try {
      for (const line of reader.push(text)) {
        const message = reason ? null : decodeServerLine(line);
        if (message?.type === 'host' && message.facts) parts.share(message.facts);
        if (message?.type === 'documents') parts.share(message.documents);
        if (message) onMessage(message);
      }
    } catch (error) {
      end('nonsense', `the agent at ${path} does not speak the feed protocol of this version`, error);
    }
  };
  const send = (message: ClientMessage): void => {
    if (socket.writable && socket.writableLength < maxUnsentBytes) socket.write(encodeLine(message));
  };
  socket.on('connect', () => {
    for (const message of greeting) send(message);
  });
  socket.setEncoding('utf8').on('data', (text: unknown) => take(String(text)));
  socket.on('error', (error) => end('away', `no agent at ${path}`, error));
  const abort = (): void => end('away', 'the feed was closed', signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const ended = new Promise<SessionEnd>((resolve) => {
    socket.on('close', () => {
      signal.removeEventListener('abort', abort);
      resolve(reason ?? { kind: 'away', error: new Error(`the agent at ${path} closed the connection`) });
    });
  });
  return { send, ended };
}
