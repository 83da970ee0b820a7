import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, expect, test } from 'vitest';
import { probeResolver } from '../../agent/host/probe-resolver.ts';
import { createResources } from '../support/resources.ts';
import { createTestHost } from '../support/test-host.ts';

/** An address of the loopback, which every network namespace has for itself. */
const RESOLVER = '127.77.0.1';
const resources = createResources();
afterAll(() => resources.close());

test('probeResolver() tells a namespace without a path from a resolver that is silent', async () => {
  const elsewhere = await createTestHost(resources, 'elsewhere');
  const server = createSocket('udp4', (query, { port, address }) => server.send(query, port, address));
  server.bind(53, RESOLVER);
  await once(server, 'listening');
  expect(await probeResolver(RESOLVER, process.pid)).toBe('reached');
  expect(await probeResolver(RESOLVER, elsewhere.holderPid)).toBe('unreached');
  // No route: each query fails at once.
  await elsewhere.run('ip', ['link', 'set', 'lo', 'down']);
  expect(await probeResolver(RESOLVER, elsewhere.holderPid)).toBe('unreached');
  server.close();
  await once(server, 'close');
  expect(await probeResolver(RESOLVER, elsewhere.holderPid)).toBe('silent');
  expect(await probeResolver(RESOLVER, 2 ** 22 + 1)).toBe('impossible');
});
