import { type Clock, type HttpServer, type Log, type Route, sendText, serveHttp } from '../../system/index.ts';
import type { ListenAddress } from '../http/listen.ts';
import { type MetadataServer, type ServerOptions, serveTrees } from '../http/server.ts';
import { createAnswersSource } from './answers.ts';
import { type AnswersFile, openAnswersFile } from './answers-file.ts';

export interface ServeAnswersOptions
  extends Pick<ServerOptions, 'listen' | 'compatContentType' | 'trustedProxies' | 'anyForwardedFor'> {
  /** The answers file. */
  readonly path: string;
  /** Where `POST /v1/reload` is served. */
  readonly listenReload: ListenAddress;
}

export interface AnswersServer {
  readonly metadata: MetadataServer;
  /** Where `POST /v1/reload` is served. Null when that address could not be bound. */
  readonly reloadAddress: ListenAddress | null;
  /** Resolves with what is wrong, or null. */
  reload(): Promise<string | null>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Serves an answers file, as rancher-metadata did. Needs no agent, no bus and no root. */
export async function serveAnswers(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  options: ServeAnswersOptions,
): Promise<AnswersServer> {
  const { path, listenReload } = options;
  const file = await openAnswersFile({ log }, path);
  const metadata = await serveTrees({ source: createAnswersSource(file.current), clock, log }, options);
  const reload = async (): Promise<string | null> => {
    const problem = await file.reload();
    if (problem === null) metadata.wake();
    return problem;
  };
  const http = await serveReload(reload, listenReload).catch((error: unknown) => {
    log.warn({ err: error, ...listenReload }, 'cannot listen for POST /v1/reload; send SIGHUP to reload');
    return null;
  });
  return {
    metadata,
    reloadAddress: http && boundTo(http),
    reload,
    close: async () => void (await Promise.all([metadata.close(), http?.close()])),
  };
}

/** Replies as the original did: 200 `OK`, or 500 and the reason. */
function serveReload(reload: AnswersFile['reload'], { address, port }: ListenAddress): Promise<HttpServer> {
  const route: Route = async (_, response) => {
    const problem = await reload();
    if (problem === null) sendText(response, 200, 'OK');
    else sendText(response, 500, problem);
  };
  const routes = new Map([['POST /v1/reload', route]]);
  return serveHttp(routes, (server) => server.listen({ host: address, port, exclusive: true }));
}

function boundTo({ server }: HttpServer): ListenAddress | null {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? { address: bound.address, port: bound.port } : null;
}
