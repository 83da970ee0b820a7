import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Tells once when the connection ends; at once when it has. Gives what takes the listener away again. */
export type OnGone = (listener: () => void) => () => void;

/** What matters of a request. Text of the client's is bytes, one char a byte. */
export interface Asked {
  readonly method: string;
  readonly target: string;
  /** HTTP/1.1 demands a `Host`. */
  readonly lacksHost: boolean;
  /** Each `Accept` header by itself. */
  readonly accept: readonly string[];
  readonly forwardedFor: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** The connection's other end. */
  readonly peer: string;
  readonly onGone: OnGone;
}

export function askedBy(request: IncomingMessage, response: ServerResponse): Asked {
  const { method = '', url = '', httpVersion, headersDistinct, socket } = request;
  return {
    method,
    target: url,
    lacksHost: httpVersion === '1.1' && headersDistinct.host === undefined,
    accept: headersDistinct.accept ?? [],
    forwardedFor: headersDistinct['x-forwarded-for']?.[0] || undefined,
    ifNoneMatch: headersDistinct['if-none-match']?.join(','),
    peer: socket.remoteAddress ?? '',
    onGone: tellsGone(response),
  };
}

/**
 * Reads a request that Node's parser refused for bytes above 0x7f in its target (`curl http://.../ünï` sends them, and
 * the original took them). Null when it is anything else, or not whole in this packet.
 */
export function askedInPacket(packet: Buffer, socket: Duplex, peer: string): Asked | null {
  const text = packet.toString('latin1');
  const match = /^(GET|HEAD) ([\x21-\xff]*[\x80-\xff][\x21-\xff]*) HTTP\/1\.1\r\n((?:[\w-]+:[^\r\n]*\r\n)*)\r\n/.exec(
    text,
  );
  if (match === null) return null;
  const [, method = '', target = '', head = ''] = match;
  const headers = head
    .split('\r\n')
    .map((line) => [line.split(':', 1)[0]?.toLowerCase(), line.replace(/^[^:]*:/, '').trim()]);
  const all = (wanted: string): string[] => headers.flatMap(([name, value = '']) => (name === wanted ? [value] : []));
  return {
    method,
    target,
    lacksHost: all('host').length === 0,
    accept: all('accept'),
    forwardedFor: all('x-forwarded-for')[0] || undefined,
    ifNoneMatch: all('if-none-match')[0],
    peer,
    onGone: tellsGone(socket),
  };
}

/** A stream that tells when it has ended. */
interface Closing {
  once(event: 'close', listener: () => void): unknown;
  removeListener(event: 'close', listener: () => void): unknown;
  readonly destroyed: boolean;
}

export function tellsGone(stream: Closing): OnGone {
  return (listener) => {
    if (stream.destroyed) listener();
    else stream.once('close', listener);
    return () => void stream.removeListener('close', listener);
  };
}
