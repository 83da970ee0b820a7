import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Calls the listener once when the connection ends, at once if it has ended. Returns a function that removes the listener. */
export type OnDisconnect = (listener: () => void) => () => void;

/** The parts of a request that a reply depends on. Text from the client is bytes, one character per byte. */
export interface ReceivedRequest {
  readonly method: string;
  readonly target: string;
  /** HTTP/1.1 requires a `Host` header. */
  readonly lacksHost: boolean;
  /** One item per `Accept` header. */
  readonly accept: readonly string[];
  readonly forwardedFor: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** Address of the other end of the connection. */
  readonly peer: string;
  readonly onDisconnect: OnDisconnect;
}

export function readNodeRequest(request: IncomingMessage, response: ServerResponse): ReceivedRequest {
  const { method = '', url = '', httpVersion, headersDistinct, socket } = request;
  return {
    method,
    target: url,
    lacksHost: httpVersion === '1.1' && headersDistinct.host === undefined,
    accept: headersDistinct.accept ?? [],
    forwardedFor: headersDistinct['x-forwarded-for']?.[0] || undefined,
    ifNoneMatch: headersDistinct['if-none-match']?.join(','),
    peer: socket.remoteAddress ?? '',
    onDisconnect: disconnectOf(response),
  };
}

/**
 * Reads a plain request, as confd, curl and most libraries send it: one whole GET in one packet, without headers that ask
 * for more than a reply. Null for everything else.
 */
export function readPlainRequest(packet: string, socket: Socket): ReceivedRequest | null {
  if (!PRINTABLE.test(packet)) return null;
  const head = parseHead(packet);
  if (head === null || head.size !== packet.length || head.method !== 'GET') return null;
  const { headers } = head;
  if (headers.get('host')?.length !== 1 || SPECIAL.some((name) => headers.has(name))) return null;
  return requestOf(head, socket);
}

/**
 * Reads a request that Node's parser refused because of bytes above 0x7f in its target (`curl http://.../ünï` sends them,
 * and the original accepted them). Null for any other request, and for one that is not whole in this packet.
 */
export function readRefusedRequest(packet: Buffer, socket: Socket): ReceivedRequest | null {
  const head = parseHead(packet.toString('latin1'));
  return head !== null && /[\x80-\xff]/.test(head.target) ? requestOf(head, socket) : null;
}

const PRINTABLE = /^[\r\n -~]*$/;
const SPECIAL = [
  'connection',
  'content-length',
  'expect',
  'if-none-match',
  'keep-alive',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

interface Head {
  readonly method: string;
  readonly target: string;
  /** Lower-case name -> values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** Bytes of the request line and the headers. */
  readonly size: number;
}

const HEAD = /^(GET|HEAD) ([\x21-\xff]+) HTTP\/1\.1\r\n((?:[\w-]+:[^\r\n]*\r\n)*)\r\n/;

function parseHead(text: string): Head | null {
  const match = HEAD.exec(text);
  if (match === null) return null;
  const [{ length: size }, method = '', target = '', lines = ''] = match;
  const headers = new Map<string, string[]>();
  for (const [, name = '', value = ''] of lines.matchAll(/(.*?):(.*)\r\n/g)) {
    const values = headers.get(name.toLowerCase()) ?? [];
    headers.set(name.toLowerCase(), values);
    values.push(value.trim());
  }
  return { method, target, headers, size };
}

function requestOf({ method, target, headers }: Head, socket: Socket): ReceivedRequest {
  return {
    method,
    target,
    lacksHost: !headers.has('host'),
    accept: headers.get('accept') ?? [],
    forwardedFor: headers.get('x-forwarded-for')?.[0] || undefined,
    ifNoneMatch: headers.get('if-none-match')?.join(','),
    peer: socket.remoteAddress ?? '',
    onDisconnect: disconnectOf(socket),
  };
}

/** A stream that reports when it has ended. */
interface Closing {
  once(event: 'close', listener: () => void): unknown;
  removeListener(event: 'close', listener: () => void): unknown;
  readonly destroyed: boolean;
}

function disconnectOf(stream: Closing): OnDisconnect {
  return (listener) => {
    if (stream.destroyed) listener();
    else stream.once('close', listener);
    return () => void stream.removeListener('close', listener);
  };
}
