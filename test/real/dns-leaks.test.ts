import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Daemon } from '../support/daemon.ts';
import { startDnsHost } from '../support/dns-host.ts';
import { startDnsProgram, unboundAt } from '../support/dns-program.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { connectHosts, createTestHost, type TestHost } from '../support/test-host.ts';

const resources = createResources();
let host: TestHost;
let capture: Daemon;

beforeAll(async () => {
  host = await createTestHost(resources, 'leaks');
  const outside = await createTestHost(resources, 'leaks-outside');
  const [, address = ''] = await connectHosts(resources, [host, outside]);
  const lines = [
    'local-zone: "." static',
    'local-data: "www.example.com A 198.51.100.1"',
    'local-data: "db.corp.example A 198.51.100.2"',
  ];
  await startDnsProgram(resources, unboundAt(address, 53, lines), outside);
  capture = host.start('tcpdump', ['-i', 'uplink', '-n', '-l', '--immediate-mode', 'port 53']);
  await poll(() => capture.output().includes('listening on'), { what: 'tcpdump', giveUp: capture.assertRunning });
  const listen = { address: '127.0.0.1', port: 53 };
  await startDnsHost(resources, { enter: host.enter, listen, batching: 'auto', upstreams: [address] });
});
afterAll(() => resources.close());

/** Every name that was queried on the uplink, in lower case, without loop probes. */
function leftTheHost(): readonly string[] {
  const asked = [...capture.stdout().matchAll(/ \S+\? (\S+)\. \(\d+\)/g)].map((match) =>
    (match[1] ?? '').toLowerCase(),
  );
  return [...new Set(asked.filter((name) => !name.endsWith('.drover-loop-probe.internal')))].sort();
}

/** The resolv.conf of processes on that host only. */
async function useResolvConf(...search: readonly string[]): Promise<void> {
  const file = join(host.dir, `resolv.conf.${search.length}`);
  await writeFile(file, `nameserver 127.0.0.1\nsearch ${search.join(' ')}\noptions ndots:5 timeout:8 attempts:1\n`);
  await host.run('mount', ['--bind', file, '/etc/resolv.conf']);
}

/** By the C library's search list, for addresses of one family or both; whether anything was found. */
async function lookUp(name: string, database: 'ahosts' | 'ahostsv4' | 'ahostsv6' = 'ahosts'): Promise<string> {
  const found = await host.run('getent', [database, name]).catch(() => '');
  return found.split(/\s/)[0] ?? '';
}

async function walk(names: readonly string[]): Promise<void> {
  for (const name of names) {
    for (const database of ['ahosts', 'ahostsv4', 'ahostsv6'] as const) await lookUp(name, database);
    for (const type of ['MX', 'SRV', 'TXT', 'PTR']) await host.run('dig', ['+search', '+short', name, type]);
  }
}

const OURS = [
  's0',
  's0.shop',
  's0.shop.rancher.internal',
  'shop-s0-1',
  'nosuch',
  'NoSuch',
  'nosuch.rancher.internal',
  'nosuch.shop.rancher.internal',
  'a.b.c.d.e.rancher.internal',
  'rancher.internal',
  'rancher-metadata',
  'com',
];
const NOBODYS = [
  'localhost',
  'app.localhost',
  'a.invalid',
  'a.test',
  'b.onion',
  '_dns.resolver.arpa',
  '10.in-addr.arpa',
];

test('Q27: with the search list that Drover writes, no own name and no single label leaves on the uplink', async () => {
  await useResolvConf('s0.shop.rancher.internal', 'shop.rancher.internal', 'rancher.internal');
  expect(await lookUp('s0.shop')).toMatch(/^172\.17\.0\./);
  await walk([...OURS, ...NOBODYS]);
  await host.run('dig', ['+short', '-x', '172.17.0.2']);
  await host.run('dig', ['+short', '-x', '192.168.77.1']);
  await host.run('dig', ['+short', '+tcp', '+nord', 'nosuch.shop.rancher.internal']);
  expect(leftTheHost()).toEqual([]);
  expect(await lookUp('www.example.com')).toBe('198.51.100.1');
  // Had it not seen this one, it would have seen nothing.
  await poll(() => leftTheHost().includes('www.example.com'), { what: 'what may leave' });
  expect(leftTheHost()).toEqual(['www.example.com']);
});

test('Q27: own names followed by a search domain of the operator do not leave, either', async () => {
  await useResolvConf('shop.rancher.internal', 'rancher.internal', 'corp.example', 'lab.example');
  await walk(OURS.filter((name) => name.includes('rancher.internal')));
  expect(await lookUp('db')).toBe('198.51.100.2');
  await poll(() => leftTheHost().includes('db.corp.example'), { what: 'what may leave' });
  expect(leftTheHost()).toEqual(['db.corp.example', 'www.example.com']);
});
