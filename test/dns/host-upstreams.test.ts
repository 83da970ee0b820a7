import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostUpstreams, parseUpstream } from '../../dns/index.ts';
import { reverseAddress } from '../../dns/reverse.ts';
import { createTurns } from '../../dns/turns.ts';
import { isLoopback } from '../../dns/upstream/address.ts';
import { parseNameservers, usableNameservers } from '../../dns/upstream/resolv-conf.ts';
import { createLog, systemClock } from '../../system/index.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

test('parseNameservers() takes addresses and leaves everything else', () => {
  const text = [
    '# nameserver 192.0.2.9',
    'nameserver 192.0.2.1 # first',
    '\tnameserver\t2001:db8::1',
    'nameserver',
    'nameserver example.com',
    'nameservers 192.0.2.3',
    'search a b',
    'nameserver 127.0.0.53',
  ];
  expect(parseNameservers(text.join('\n'))).toEqual(['192.0.2.1', '2001:db8::1', '127.0.0.53']);
});

test('usableNameservers() leaves out stubs, ourselves and repetitions', () => {
  const given = ['127.0.0.53', '169.254.169.250', '192.0.2.1', '::1', '192.0.2.1'];
  expect(usableNameservers(given, ['169.254.169.250'])).toEqual(['192.0.2.1']);
  expect([isLoopback('127.1.2.3'), isLoopback('::1'), isLoopback('192.0.2.1')]).toEqual([true, true, false]);
});

describe('parseUpstream()', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1 53'],
    ['192.0.2.1:5353', '192.0.2.1 5353'],
    ['2001:db8::1', '2001:db8::1 53'],
    ['[2001:db8::1]:5353', '2001:db8::1 5353'],
    ['[192.0.2.1]:53', null],
    ['192.0.2.1:0', null],
    ['192.0.2.1:65536', null],
    ['example.com', null],
    ['', null],
  ])('%s', (text, expected) => {
    const upstream = parseUpstream(text);
    expect(upstream && `${upstream.address} ${upstream.port}`).toBe(expected);
  });
});

test('Q29 hostUpstreams(): behind a stub the servers it uses; read again; nobody by default', async () => {
  await using resources = createResources();
  const dir = await mkdtemp(join(tmpdir(), 'drover-test-'));
  resources.add('directory', () => rm(dir, { recursive: true, force: true }));
  const stopping = new AbortController();
  resources.add('watching', () => stopping.abort(new Error('the test is over')));
  const write = async (name: string, text: string) => {
    await writeFile(join(dir, `${name}.new`), text);
    await rename(join(dir, `${name}.new`), join(dir, name));
  };
  const paths = [join(dir, 'resolv.conf'), join(dir, 'real.conf')];
  const parts = { clock: systemClock, log: createLog('dns', { level: 'silent', format: 'json' }) };
  const options = { never: ['169.254.169.250'], refreshMs: 10, signal: stopping.signal };
  expect((await hostUpstreams(parts, { ...options, paths })).current()).toEqual([]);
  await write('resolv.conf', 'nameserver 127.0.0.53\nnameserver 169.254.169.250\n');
  await write('real.conf', 'nameserver 192.0.2.1\n');
  const upstreams = await hostUpstreams(parts, { ...options, paths });
  expect(upstreams.current()).toEqual(['192.0.2.1']);
  await write('resolv.conf', 'nameserver 192.0.2.7\nnameserver 192.0.2.8\n');
  await poll(() => upstreams.current().join() === '192.0.2.7,192.0.2.8', { what: 'the new servers' });
});

describe('reverseAddress()', () => {
  test.each([
    ['4.3.2.1.in-addr.arpa', '1.2.3.4'],
    ['4.3.2.256.in-addr.arpa', null],
    ['04.3.2.1.in-addr.arpa', null],
    ['3.2.1.in-addr.arpa', null],
    ['x.4.3.2.1.in-addr.arpa', null],
    [`${'0.'.repeat(32)}ip6.arpa`, '::'],
    [`1.${'0.'.repeat(31)}ip6.arpa`, '::1'],
    [`1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`, '2001:db8::1'],
    [`1.0.0.0.${'0.0.0.0.'.repeat(2)}1.0.0.0.${'0.0.0.0.'.repeat(2)}8.b.d.0.1.0.0.2.ip6.arpa`, '2001:db8::1:0:0:1'],
    [`${'1.0.0.0.'.repeat(8)}ip6.arpa`, '1:1:1:1:1:1:1:1'],
    [`${'0.'.repeat(28)}0.1.0.0.ip6.arpa`, '10::'],
    [`${'0.'.repeat(31)}ip6.arpa`, null],
  ])('%s -> %s', (name, address) => {
    expect(reverseAddress(name)?.address ?? null).toBe(address);
  });
});

test('turns are strict for each list, and a list that shrinks goes on', () => {
  const turns = createTurns();
  const first = (of: string, list: readonly string[]) => turns.next(of, list)[0];
  expect(['a', 'a', 'b', 'a', 'a'].map((of) => first(of, ['x', 'y', 'z']))).toEqual(['x', 'y', 'x', 'z', 'x']);
  expect(first('a', ['x', 'y'])).toBe('x');
  expect(turns.next('a', [])).toEqual([]);
});
