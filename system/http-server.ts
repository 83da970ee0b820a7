import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { http } from './http.ts';

/** Answers one request. Must not reject. */
export type Route = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>;

export interface HttpServer {
  readonly server: Server;
  /** Idempotent; resolves when the last connection is closed. */
  close(): Promise<void>;
}

/** When the server closes, responses in progress have this time to end. */
const CLOSE_TIMEOUT_MS = 500;

/** Starts a small HTTP server. Routes have names such as `GET /metrics`; `listen` binds the server. */
export async function serveHttp(
  routes: ReadonlyMap<string, Route>,
  listen: (server: Server) => void,
): Promise<HttpServer> {
  const server = http.createServer((request, response) => {
    const url = urlOf(request);
    const route = url && routes.get(`${request.method} ${url.pathname}`);
    if (!url || !route) return sendText(response, 404, `not found; available: ${[...routes.keys()].join(', ')}\n`);
    request.resume();
    void route(request, response, url);
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 5_000;
  server.maxConnections = 100;
  listen(server);
  await once(server, 'listening');
  server.on('error', () => undefined);
  return {
    server,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

export function sendText(response: ServerResponse, status: number, text: string, type = 'text/plain'): void {
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8` });
  response.end(text);
}

/** Null if the URL is not valid. */
function urlOf({ url = '/' }: IncomingMessage): URL | null {
  return URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : null;
}
