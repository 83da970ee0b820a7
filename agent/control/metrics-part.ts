import { once } from 'node:events';
import type { Upstream } from '../../model/index.ts';
import { type Route, sendText, serveHttp } from '../../system/index.ts';
import type { Part } from '../parts/part.ts';
import type { Metrics } from './metrics.ts';

/** Serves the metrics over HTTP for Prometheus, and nothing else. */
export function metricsPart({ render }: Pick<Metrics, 'render'>, { address, port }: Upstream): Part {
  return async (signal, report) => {
    const answer: Route = async (_request, response) => {
      try {
        sendText(response, 200, await render(), 'text/plain; version=0.0.4');
      } catch (error) {
        sendText(response, 500, `cannot render the metrics: ${error instanceof Error ? error.message : error}\n`);
      }
    };
    const server = await serveHttp(new Map([['GET /metrics', answer]]), (http) => http.listen({ host: address, port }));
    report.done();
    if (!signal.aborted) await once(signal, 'abort');
    await server.close();
  };
}
