import { connect } from 'node:net';

export interface RawReply {
  /** 0: the connection was closed without a reply. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends bytes and reads one reply, up to its length or the end of the connection. */
export function exchange(
  port: number,
  request: string | Buffer,
  { head = false, timeoutMs = 20_000 } = {},
): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    const finish = (): void => {
      socket.destroy();
      resolve(parseReply(Buffer.concat(chunks), head)?.reply ?? { status: 0, headers: {}, body: '' });
    };
    socket.setTimeout(timeoutMs, () => {
      socket.destroy();
      reject(new Error(`no reply in ${timeoutMs} ms`));
    });
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (parseReply(Buffer.concat(chunks), head)?.complete) finish();
    });
    socket.on('close', finish);
    socket.on('error', finish);
  });
}

/** The reply that these bytes begin; null before the end of its headers. `head`: it has no body. */
export function parseReply(
  bytes: Buffer,
  head = false,
): { readonly reply: RawReply; readonly complete: boolean } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const body = bytes.subarray(end + 4);
  const length = head ? 0 : Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
  const reply = { status: Number(statusLine.split(' ')[1]), headers, body: body.subarray(0, length).toString('utf8') };
  return { reply, complete: body.length >= length };
}

/** `GET path` as curl sends it. */
export function get(port: number, path: string, headers: Readonly<Record<string, string>> = {}): Promise<RawReply> {
  const lines = Object.entries({ Host: 'rancher-metadata', Accept: '*/*', ...headers, Connection: 'close' });
  return exchange(port, `GET ${path} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`);
}
