import { type MetadataParts, type MetadataServer, type ServerOptions, serveMetadata } from '../../metadata/index.ts';
import type { Snapshot } from '../../model/index.ts';
import { createLog, systemClock } from '../../system/index.ts';
import { type HostView, viewOf } from '../../view/index.ts';
import { snapshot, type World } from '../view/world.ts';
import { get, type RawReply } from './raw-http.ts';

/** A metadata server on loopback over a view that a test replaces. */
export interface TestServer extends AsyncDisposable {
  readonly server: MetadataServer;
  readonly port: number;
  view(): HostView;
  /** Replaces the whole world. */
  show(world: World): void;
  /** Replaces the snapshot. The new view shares unchanged parts with the old one. */
  advance(next: Snapshot): void;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<RawReply>;
  /** Sends the request as the container with this address. */
  getAs(address: string, path: string, headers?: Readonly<Record<string, string>>): Promise<RawReply>;
  json(path: string, address?: string): Promise<unknown>;
}

export interface TestServerOptions extends Partial<ServerOptions> {
  readonly parts?: Partial<MetadataParts>;
}

export async function startServer(world: World, { parts, ...options }: TestServerOptions = {}): Promise<TestServer> {
  const listeners = new Set<() => void>();
  let view = viewOf(snapshot(world), 'a');
  const advance = (next: Snapshot): void => {
    view = viewOf(next, 'a', view);
    for (const listener of listeners) listener();
  };
  const server = await serveMetadata(
    {
      view: () => view,
      onViewChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      identify: async () => false,
      clock: systemClock,
      log: createLog('test', { level: 'silent', format: 'json' }),
      ...parts,
    },
    { listen: [{ address: '127.0.0.1', port: 0 }], trustedProxies: ['127.0.0.1'], ...options },
  );
  const { port } = server.address;
  const getAs = (address: string, path: string, headers = {}): Promise<RawReply> =>
    get(port, path, { 'X-Forwarded-For': address, ...headers });
  return {
    server,
    port,
    view: () => view,
    advance,
    show: (next) => advance(snapshot({ ...next, revision: view.revision + 1 })),
    get: (path, headers) => get(port, path, headers),
    getAs,
    json: async (path, address = '') => {
      const { status, body } = await getAs(address, path, { Accept: 'application/json' });
      if (status !== 200) throw new Error(`${path}: ${status} ${body}`);
      return JSON.parse(body);
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}
