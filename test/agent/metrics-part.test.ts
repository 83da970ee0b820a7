import { expect, test } from 'vitest';
import { metricsPart } from '../../agent/control/metrics-part.ts';
import { freePort } from '../rfc/servers/target.ts';

test('the metrics are served until the agent stops, also if it stops while the port is being bound', async () => {
  const listen = { address: '127.0.0.1', port: await freePort() };
  const stop = new AbortController();
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  const texts = ['drover_up 1\n'];
  const render = async () => texts.shift() ?? Promise.reject(new Error('no view'));
  const served = metricsPart({ render }, listen)(stop.signal, { done: resolve, problems: () => undefined });
  await listening;
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${listen.port}${path}`);
    return [response.status, response.headers.get('content-type'), await response.text()];
  };
  expect(await get('/metrics')).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8', 'drover_up 1\n']);
  expect(await get('/metrics')).toEqual([500, 'text/plain; charset=utf-8', 'cannot render the metrics: no view\n']);
  expect((await get('/v1/status'))[0]).toBe(404);
  stop.abort();
  await served;
  await metricsPart({ render }, listen)(stop.signal, { done: () => undefined, problems: () => undefined });
});
