import { expect, test } from 'vitest';
import { createSameHost } from '../../../dns/listen/same-host.ts';

test.each([
  ['169.254.169.250', '10.42.1.5', true],
  ['127.0.0.1', '127.0.0.1', true],
  ['127.0.0.53', '10.42.1.5', true],
  ['::1', '::1', true],
  ['10.0.0.5', '10.42.1.5', false],
  ['10.0.0.5', '127.0.0.1', true],
  ['0.0.0.0', '10.42.1.5', false],
  ['::', '::1', true],
  ['::', '2001:db8::5', false],
  ['169.254.169.250 10.0.0.5', '10.42.1.5', false],
])('a server at %s, a client at %s: within one host %s', (listen, client, expected) => {
  const places = listen.split(' ').map((address) => ({ address, port: 53 }));
  expect(createSameHost(places)(client)).toBe(expected);
});
