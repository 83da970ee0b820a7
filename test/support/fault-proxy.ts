import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Resources } from './resources.ts';

/**
 * What the proxy does to connections. `pass`: forwards them. `cut`: resets old and new ones. `hang`: forwards nothing and
 * closes nothing. `nonsense`: answers every request with `bytes`. `truncate`: ends each response early, by a reset or,
 * politely, by an ordinary end.
 */
export type Fault =
  | { readonly kind: 'pass' | 'cut' | 'hang' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'nonsense'; readonly bytes: string | Buffer }
  | { readonly kind: 'truncate'; readonly in: 'head' | 'body'; readonly politely?: boolean };

export interface Request {
  readonly method: string;
  readonly path: string;
}

/** A TCP proxy in front of an HTTP server that counts bytes and injects faults. */
export interface FaultProxy {
  readonly url: string;
  set(fault: Fault): void;
  /** Forwards new connections to another server, and closes the old ones. */
  retarget(target: string): void;
  /** HTTP bytes since the start, to the server and from it. */
  sent(): number;
  received(): number;
  /** Bytes of the responses to matching requests. */
  receivedFor(matches: (request: Request) => boolean): number;
  /** All requests, in order. */
  requests(): readonly Request[];
  /** Requests that have no response yet. */
  open(): readonly Request[];
}

interface Counted extends Request {
  bytes: number;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** The last request, and whether its response has started. */
  request: Counted | null;
  answered: boolean;
}

export async function startFaultProxy(resources: Resources, target: string): Promise<FaultProxy> {
  let { hostname, port } = new URL(target);
  const links = new Set<Link>();
  const requests: Counted[] = [];
  let fault: Fault = { kind: 'pass' };
  let sent = 0;
  let received = 0;

  const end = (link: Link): void => {
    links.delete(link);
    link.client.resetAndDestroy();
    link.server.destroy();
  };
  const fromClient = (link: Link, chunk: Buffer): void => {
    sent += chunk.length;
    const [, method, path] = /^(GET|PUT|DELETE|POST) (\S+) HTTP/.exec(chunk.toString('latin1', 0, 2_000)) ?? [];
    if (method && path) {
      link.request = { method, path, bytes: 0 };
      link.answered = false;
      requests.push(link.request);
    }
    if (fault.kind === 'hang') return;
    if (fault.kind === 'nonsense') link.client.write(fault.bytes);
    else link.server.write(chunk);
  };
  const fromServer = (link: Link, chunk: Buffer): void => {
    const now = fault;
    if (now.kind === 'hang' || now.kind === 'nonsense') return;
    link.answered = true;
    if (link.request) link.request.bytes += chunk.length;
    if (now.kind === 'delay') setTimeout(() => deliver(link, chunk), now.ms);
    else if (now.kind === 'truncate') {
      const part = chunk.subarray(0, now.in === 'head' ? 60 : chunk.indexOf('\r\n\r\n') + 7);
      if (now.politely) link.client.end(part);
      else link.client.write(part, () => end(link));
    } else deliver(link, chunk);
  };
  const deliver = (link: Link, chunk: Buffer): void => {
    received += chunk.length;
    if (links.has(link)) link.client.write(chunk);
  };
  const listener = createServer((client) => {
    if (fault.kind === 'cut') return void client.resetAndDestroy();
    const link: Link = { client, server: connect(Number(port), hostname), request: null, answered: true };
    links.add(link);
    client.setNoDelay(true);
    link.server.setNoDelay(true);
    client
      .on('data', (chunk: Buffer) => fromClient(link, chunk))
      .on('error', () => end(link))
      .on('close', () => end(link));
    link.server
      .on('data', (chunk: Buffer) => fromServer(link, chunk))
      .on('error', () => end(link))
      .on('close', () => end(link));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  resources.add(`proxy to ${target}`, () => {
    for (const link of links) end(link);
    return new Promise((resolve) => listener.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    set: (next) => {
      fault = next;
      if (next.kind === 'cut') for (const link of links) end(link);
    },
    retarget: (next) => {
      ({ hostname, port } = new URL(next));
      for (const link of links) end(link);
    },
    sent: () => sent,
    received: () => received,
    receivedFor: (matches) => requests.reduce((sum, one) => sum + (matches(one) ? one.bytes : 0), 0),
    requests: () => requests,
    open: () => [...links].flatMap(({ request, answered }) => (request && !answered ? [request] : [])),
  };
}
