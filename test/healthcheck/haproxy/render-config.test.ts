import { expect, test } from 'vitest';
import { backendFor } from '../../../healthcheck/haproxy/backend.ts';
import { renderConfig } from '../../../healthcheck/haproxy/render-config.ts';
import type { CheckRequest } from '../../../model/index.ts';

const FILES = { config: '/run/d/health.cfg', socket: '/run/d/health.sock', map: '/run/d/health.map' };

const request = (uri: string, host?: string): CheckRequest => ({
  method: 'GET',
  uri,
  version: host === undefined ? 'HTTP/1.0' : 'HTTP/1.1',
  headers: host === undefined ? [] : [{ name: 'Host', value: host }],
});

const backendsOf = (text: string): string => text.slice(text.indexOf('backend '));

test('renderConfig() names socket and map, and has a backend for each kind of check', async () => {
  const backends = [backendFor(null, 2_000), backendFor(request('/a'), 500)];
  const text = await renderConfig(FILES, backends);
  expect(text).toContain('stats socket /run/d/health.sock mode 600 level admin');
  expect(backendsOf(text)).toBe(`backend ${backends[1]?.name}
  timeout connect 500ms
  timeout check 500ms
  mode http
  option httpchk
  http-check connect
  http-check send meth GET uri-lf "%[srv_name,map(/run/d/health.map),field(1,\\t)]" ver HTTP/1.0
  http-check expect status 200-399

backend tcp_2000
  timeout connect 2000ms
  timeout check 2000ms
  mode tcp
`);
});

test('renderConfig() takes the values of headers from the map', async () => {
  expect(await renderConfig(FILES, [backendFor(request('/', 'www'), 1)])).toContain(
    'ver HTTP/1.1 hdr Host "%[srv_name,map(/run/d/health.map),field(2,\\t)]"\n',
  );
});

test('renderConfig() has the expected statuses', async () => {
  expect(await renderConfig(FILES, [backendFor(request('/'), 1, '200-299,304')])).toContain(
    '  http-check expect status 200-299,304\n',
  );
});

test('renderConfig() does not depend on the order of backends', async () => {
  const backends = [backendFor(null, 1), backendFor(null, 2), backendFor(request('/'), 1)];
  expect(await renderConfig(FILES, backends.toReversed())).toBe(await renderConfig(FILES, backends));
});

test('backendFor() gives one backend to requests that differ in URI and values only', () => {
  const name = (one: CheckRequest | null, timeoutMs = 1, expected?: string): string =>
    backendFor(one, timeoutMs, expected).name;
  expect(name(request('/a'))).toBe(name(request('/b')));
  expect(name(request('/', 'a'))).toBe(name(request('/', 'b')));
  const different = [
    name(null),
    name(null, 2),
    name(request('/')),
    name(request('/'), 2),
    name({ ...request('/'), method: 'HEAD' }),
    name({ ...request('/'), version: 'HTTP/1.1' }),
    name(request('/', 'a')),
    name(request('/'), 1, '200'),
  ];
  expect(new Set(different).size).toBe(different.length);
});
