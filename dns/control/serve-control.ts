import type { Log } from '../../system/index.ts';
import { type ControlDependencies, metricsRoute, queriesRoute, reloadRoute } from './routes.ts';
import { serveUnixSocket } from './unix-socket.ts';

export interface DnsControlDependencies extends ControlDependencies {
  /** Absent: there is nothing to reload. */
  readonly reload?: Parameters<typeof reloadRoute>[0];
  readonly log: Log;
}

/** Serves live queries and metrics on a unix socket (null: none). If that fails, DNS still works. */
export async function serveDnsControl(
  dependencies: DnsControlDependencies,
  path: string | null,
): Promise<() => Promise<void>> {
  if (path === null) return async () => undefined;
  const { reload, report, log } = dependencies;
  const routes = new Map([
    ['GET /metrics', metricsRoute(report)],
    ['GET /v1/queries', queriesRoute(dependencies)],
    ...(reload ? [['POST /v1/reload', reloadRoute(reload)] as const] : []),
  ]);
  try {
    const { close } = await serveUnixSocket(routes, path);
    return close;
  } catch (error) {
    log.warn({ err: error, path }, 'cannot create the control socket; `drover dns queries` does not work');
    return async () => undefined;
  }
}
