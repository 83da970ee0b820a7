import type { Upstream } from '../../model/index.ts';
import { sendText, serveHttp } from '../../system/index.ts';
import type { Part } from '../parts/part.ts';
import type { Metrics } from './metrics.ts';

/** Serves the metrics over HTTP for Prometheus, and nothing else. */
export function metricsPart({ render }: Pick<Metrics, 'render'>, { address, port }: Upstream): Part {
  return async (signal, report) => {
    const server = await serveHttp(
      new Map([
        [
          'GET /metrics',
          async (_request, response) => {
            try {
              sendText(response, 200, await render(), 'text/plain; version=0.0.4');
            } catch (error) {
              sendText(response, 500, `cannot render the metrics: ${error instanceof Error ? error.message : error}\n`);
            }
          },
        ],
      ]),
      (http) => http.listen({ host: address, port }),
    );
    report.done();
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await server.close();
  };
}
