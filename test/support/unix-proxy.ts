import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Resources } from './resources.ts';

/** What happens to the bytes a server sends. */
export interface ProxyFaults {
  /** Share of the event lines that never arrive, 0 to 1. */
  dropEvents: number;
  /** Event lines arrive up to this many milliseconds late, by a random amount each, so their order changes as well. */
  delayEventsMs: number;
  /** Share of the event lines that arrive twice. */
  repeatEvents: number;
  /** Other replies arrive this many milliseconds late, so they may be older than later events. */
  delayAnswersMs: number;
  /** Share of other answers whose connection is cut in the middle. */
  cutAnswers: number;
  /** Answers (and events) are replaced by this text. */
  nonsense: string | null;
  /** New connections are closed at once. */
  refuse: boolean;
  /** Answers other than events never arrive; connections stay open. */
  stall: boolean;
}

/** A faulty proxy between a client and a server on Unix sockets. It parses enough HTTP to recognise an event stream. */
export interface UnixProxy {
  readonly socketPath: string;
  readonly faults: ProxyFaults;
  /** Event lines that were dropped so far. */
  dropped(): number;
  /** Connection attempts so far. */
  connections(): number;
  /** Cuts every open connection. */
  cutAll(): void;
  close(): Promise<void>;
}

export async function startUnixProxy(
  resources: Resources,
  socketPath: string,
  upstream: string,
  random: () => number = Math.random,
): Promise<UnixProxy> {
  const faults: ProxyFaults = {
    dropEvents: 0,
    delayEventsMs: 0,
    repeatEvents: 0,
    delayAnswersMs: 0,
    cutAnswers: 0,
    nonsense: null,
    refuse: false,
    stall: false,
  };
  const sockets = new Set<Socket>();
  let dropped = 0;
  let connections = 0;

  const server = createServer((client) => {
    connections += 1;
    track(client);
    if (faults.refuse) {
      client.destroy();
      return;
    }
    const inner = connect(upstream);
    track(inner);
    let events = false;
    client.on('data', (bytes) => {
      if (bytes.includes('/events?')) events = true;
      inner.write(bytes);
    });
    inner.on('data', (bytes: Buffer) => {
      if (!client.writable || (faults.stall && !events)) return;
      if (faults.nonsense !== null) client.end(nonsenseAnswer(faults.nonsense));
      else if (events && bytes.includes('"Type"')) passEvents(client, bytes);
      else if (random() < faults.cutAnswers) client.write(bytes.subarray(0, bytes.length / 2), () => client.destroy());
      else if (faults.delayAnswersMs > 0) setTimeout(() => client.write(bytes), faults.delayAnswersMs).unref();
      else client.write(bytes);
    });
    client.on('close', () => inner.destroy());
    inner.on('close', () => client.destroy());
  });

  /** Each chunk of the stream has whole lines, so dropping a chunk keeps the framing intact. */
  const passEvents = (client: Socket, bytes: Buffer): void => {
    const headEnd = bytes.subarray(0, 5).toString('latin1') === 'HTTP/' ? bytes.indexOf('\r\n\r\n') + 4 : 0;
    client.write(bytes.subarray(0, headEnd));
    for (const chunk of chunksOf(bytes.subarray(headEnd))) {
      if (random() < faults.dropEvents) {
        dropped += 1;
        continue;
      }
      const times = random() < faults.repeatEvents ? 2 : 1;
      for (let index = 0; index < times; index += 1) later(client, chunk);
    }
  };

  const later = (client: Socket, chunk: Buffer): void => {
    const write = (): void => {
      if (client.writable) client.write(chunk);
    };
    if (faults.delayEventsMs > 0) setTimeout(write, random() * faults.delayEventsMs).unref();
    else write();
  };

  function track(socket: Socket): void {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  }

  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    cutAll();
    await once(server, 'close');
  };
  server.listen(socketPath);
  await once(server, 'listening');
  resources.add(`proxy ${socketPath}`, close);
  return { socketPath, faults, dropped: () => dropped, connections: () => connections, cutAll, close };
}

/** HTTP chunks (`1a\r\n...\r\n`), not decoded. */
function chunksOf(bytes: Buffer): readonly Buffer[] {
  const chunks: Buffer[] = [];
  let rest = bytes;
  for (
    let match = /^[0-9a-f]+\r\n/.exec(rest.toString('latin1'));
    match;
    match = /^[0-9a-f]+\r\n/.exec(rest.toString('latin1'))
  ) {
    const size = match[0].length + Number.parseInt(match[0], 16) + 2;
    if (size > rest.length) break;
    chunks.push(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  return rest.length > 0 ? [...chunks, rest] : chunks;
}

function nonsenseAnswer(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}
