import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { http } from '../../system/index.ts';

export interface Stream {
  readonly socketPath: string;
  readonly path: string;
  readonly signal: AbortSignal;
  /** Called when the server has accepted the request. */
  readonly onOpen: () => void;
}

export type StreamEnd =
  | { readonly ok: true }
  /** `away`: no process listens on the socket. `refused`: it does not accept the request. */
  | {
      readonly ok: false;
      readonly why: 'away' | 'refused' | 'failed';
      readonly problem: { readonly what: string; readonly hint: string };
    };

/** Reads lines over a unix socket until the server closes the connection or the signal aborts. Never rejects. */
export async function readLines(stream: Stream, onLine: (line: string) => void): Promise<StreamEnd> {
  try {
    const response = await open(stream);
    if (response.statusCode !== 200) {
      const what = (await text(response)).trim();
      return { ok: false, why: 'refused', problem: { what, hint: 'see --help' } };
    }
    stream.onOpen();
    for await (const line of createInterface(response)) onLine(line);
    return { ok: true };
  } catch (error) {
    return ended(error as NodeJS.ErrnoException);
  }
}

function open({ socketPath, path, signal }: Stream): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  http.request({ socketPath, path, signal }).once('response', resolve).once('error', reject).end();
  return promise;
}

function ended({ code, message }: NodeJS.ErrnoException): StreamEnd {
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return { ok: false, why: 'away', problem: { what: 'is not running', hint: 'run `drover status`' } };
  }
  const hint = code === 'EACCES' ? 'run this command as root' : 'run this command again';
  return { ok: false, why: 'failed', problem: { what: message, hint } };
}
