import { once } from 'node:events';
import { connect } from 'node:net';

export interface AskOptions {
  readonly signal: AbortSignal;
  /** Default 5 s. */
  readonly timeoutMs?: number;
  /** For the socket of a master, which otherwise waits for more commands. */
  readonly halfClose?: boolean;
  /** Largest reply. Default 16 MiB: `show stat` has some 300 bytes a server. */
  readonly maxBytes?: number;
}

/** HAProxy accepts connections, or its kernel does, and does not reply. */
export class HaproxySilentError extends Error {
  constructor(timeoutMs: number, cause: unknown) {
    super(`HAProxy has not replied for ${timeoutMs} ms`, { cause });
    this.name = 'HaproxySilentError';
  }
}

/**
 * Sends one line of commands (separated by semicolons) to HAProxy's stats socket, and gives the reply. HAProxy 2.6 resets some one
 * in a thousand connections after it has processed the commands: the reply may then be cut short.
 */
export async function askHaproxy(path: string, commands: string, options: AskOptions): Promise<string> {
  const { timeoutMs = 5_000, maxBytes = 16 << 20, halfClose = false } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([options.signal, timeout]);
  const socket = connect({ path, signal });
  socket.write(`${commands}\n`);
  if (halfClose) socket.end();
  const chunks: Buffer[] = [];
  let size = 0;
  socket.on('data', (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (size > maxBytes) socket.destroy(new Error(`HAProxy sent more than ${maxBytes} bytes`));
  });
  await once(socket, 'end').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNRESET') return;
    throw timeout.aborted && !options.signal.aborted ? new HaproxySilentError(timeoutMs, error) : error;
  });
  socket.destroy();
  return Buffer.concat(chunks).toString('utf8');
}

export interface EventStream {
  /** Resolves when HAProxy has closed the stream, usually because it has exited, or when `signal` has aborted. */
  readonly ended: Promise<void>;
}

/** A longer line is not one of HAProxy's: `maxlen` of the ring limits them. */
const MAX_LINE = 8_192;

/** Connects, and then calls `onLine` for every line that HAProxy logs from now on. */
export async function followEvents(
  path: string,
  ring: string,
  { onLine, signal }: { readonly onLine: (line: string) => void; readonly signal: AbortSignal },
): Promise<EventStream> {
  const socket = connect({ path, signal });
  await once(socket, 'connect');
  socket.write(`show events ${ring} -w -n\n`);
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE) rest = '';
    for (const line of lines) if (line.length <= MAX_LINE) onLine(line);
  });
  const ended = new Promise<void>((resolve) => {
    socket.on('error', () => {
      // `close` follows.
    });
    socket.once('close', () => resolve());
  });
  return { ended };
}
