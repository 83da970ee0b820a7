import { describe, expect, test } from 'vitest';
import { diffFacts, factTable, isFactKey, reductionFor } from '../../facts/index.ts';
import { defaultHealthCheck, type JsonValue } from '../../model/index.ts';
import { advance, emptyState } from '../../state/index.ts';
import { container, declaration, delta, environment, host, network, wired } from '../state/facts.ts';

const start = emptyState(environment, 'self');
/** What is wrong with one fact or document of host `a`. */
const problemOf = (key: string, value: unknown): string | undefined =>
  advance(start, delta({ a: { [key]: value } })).problems[0]?.what;
const nested = (levels: number): JsonValue => (levels === 0 ? 1 : { in: nested(levels - 1) });

test.each<[string, string | null]>([
  ['host', 'host '],
  ['host/x', null],
  ['container/c', 'container c'],
  ['container', null],
  ['container/', null],
  ['container/c/d', null],
  ['network/n', 'network n'],
  ['network/n/m', null],
  ['status/overlay', 'status overlay'],
  ['status/overlay/x', null],
  ['vote/c', null],
  ['draining', 'draining '],
  ['sessions', 'sessions '],
  ['sessions/x', null],
  ['published', 'published '],
  ['paths', 'paths '],
])('the key of a fact, %s, is that of kind and id %s', (key, expected) => {
  const found = factTable.facts.find(key);
  expect(found && `${found.kind.name} ${found.id}`).toBe(expected);
});

test.each<[string, string | null]>([
  ['service/shop/web', 'service shop/web'],
  ['service/shop', null],
  ['service//web', null],
  ['service/shop/web/log', null],
  ['liveness/a', 'liveness a'],
  ['liveness', null],
  ['network/ranges', null],
  ['subnet/10.42.1.0_24', 'subnet 10.42.1.0_24'],
])('the key of a document, %s, is that of kind and id %s', (key, expected) => {
  const found = factTable.documents.find(key);
  expect(found && `${found.kind.name} ${found.id}`).toBe(expected);
});

test('claims of subnets enter the snapshot, and leave it; what is no subnet is left out', () => {
  const claim = { hostId: 'a', claimedAtMs: 1 };
  const documents = {
    'subnet/10.42.1.0_24': claim,
    'subnet/10.42.2.0_24': claim,
    'subnet/x': claim,
    'subnet/10.42.3.0_24': 7,
  };
  const { state, problems } = advance(start, delta({}, documents));
  expect([...state.snapshot.subnets]).toEqual([['10.42.1.0/24', 'a'], ['10.42.2.0/24', 'a']]); // biome-ignore format: one line
  expect(problems.map(({ subject }) => subject)).toEqual(['document subnet/10.42.3.0_24']);
  const next = advance(state, delta({}, { 'subnet/10.42.1.0_24': null, 'subnet/10.42.2.0_24': { hostId: 'b' } }));
  expect([...next.state.snapshot.subnets]).toEqual([['10.42.2.0/24', 'b']]);
});

test('isFactKey() accepts up to 512 printable ASCII characters', () => {
  expect(['vote/c1', 'x', 'x'.repeat(512)].map(isFactKey)).toEqual([true, true, true]);
  expect(['', 'a b', 'a\n', 'ä', 'x'.repeat(513)].map(isFactKey)).toEqual([false, false, false, false, false]);
});

describe('a fact is refused, with the field that is wrong', () => {
  const published = (hostPort: number) =>
    container('a', 'c', { ports: [{ hostAddress: '0.0.0.0', hostPort, containerPort: 1, protocol: 'tcp' }] });
  test.each<[string, string, unknown, string | undefined]>([
    ['port 0', 'container/c', published(0), undefined],
    ['port 65535', 'container/c', published(65_535), undefined],
    ['port 65536', 'container/c', published(65_536), 'ports.0.hostPort: '],
    ['a negative port', 'container/c', published(-1), 'ports.0.hostPort: '],
    ['a negative count', 'container/c', container('a', 'c', { startCount: -1 }), 'startCount: '],
    ['count 0', 'container/c', container('a', 'c', { startCount: 0 }), undefined],
    ['an empty name', 'host', host('a', { name: '' }), 'name: '],
    ['an address that is none', 'host', host('a', { address: 'x' }), 'address: is not an IP address'],
    ['a subnet that is none', 'host', host('a', { subnets: ['10.42.1.0'] }), 'subnets.0: is not a subnet such as'],
    ['a host address with its prefix', 'network/n', network('a', 'n', { subnets: ['172.17.0.1/16'] }), undefined],
    ['another host', 'host', host('b'), 'is about b by its content'],
    ['another host of a container', 'container/c', container('b', 'c'), 'is about b/c by its content'],
    ['another container', 'container/c', container('a', 'd'), 'is about a/d by its content'],
    ['another component', 'status/x', { component: 'y', state: 'ok', problems: [], sinceMs: 1 }, 'is about y by its'],
    ['an IPv6 address as IPv4', 'container/c', withAddress({ ipv4: '::1', ipv6: null }), 'addresses.0.ipv4: is not an'],
    [
      'an IPv4 address as IPv6',
      'container/c',
      withAddress({ ipv4: null, ipv6: '1.2.3.4' }),
      'addresses.0.ipv6: is not',
    ],
    ['both families', 'container/c', withAddress({ ipv4: '1.2.3.4', ipv6: '::1' }), undefined],
    ['no object', 'host', 7, 'value: '],
    ['64 levels of an unknown kind', 'vote/c', nested(64), undefined],
    ['65 levels of an unknown kind', 'vote/c', nested(65), 'is nested deeper than 64 levels'],
    ['65 levels in an unknown field', 'host', { ...host('a'), later: nested(65) }, 'is nested deeper than 64 levels'],
  ])('%s', (_title, key, value, expected) => {
    const found = problemOf(key, value);
    expect(found?.slice(0, expected?.length)).toBe(expected);
  });
});

function withAddress(address: { readonly ipv4: string | null; readonly ipv6: string | null }) {
  return container('a', 'c', { addresses: [{ networkId: 'n', networkName: 'n', mac: null, ...address }] });
}

test('a declaration is refused if its metadata is no map as JSON text, or its options are too deep', () => {
  const problem = (changes: object) =>
    advance(start, delta({}, { 'service/s/w': { ...declaration('s', 'w'), ...changes } })).problems[0]?.what;
  for (const metadata of ['{', '7', 'null', '[]', JSON.stringify(nested(65))])
    expect(problem({ metadata })).toBe('metadata: is not a map as JSON text');
  for (const metadata of ['{}', '{"a":1}', JSON.stringify(nested(64))]) expect(problem({ metadata })).toBeUndefined();
  expect(problem({ options: nested(64) })).toBeUndefined();
  expect(problem({ options: nested(65) })).toBe('options: is nested deeper than 64 levels');
  expect(problem({ options: [] })).toBe('options: is not an object');
  expect(problem({ name: 'other' })).toBe('is about s/other by its content');
});

test('a declaration of an earlier agent has a check without a command and with the default statuses', () => {
  const { exec, expectedStatus, ...check } = { ...defaultHealthCheck, port: 80 };
  const document = { ...declaration('s', 'w'), healthCheck: check };
  const { state, problems } = advance(start, delta({}, { 'service/s/w': document }));
  expect(problems).toEqual([]);
  expect(state.snapshot.declarations.get('s/w')?.healthCheck).toEqual({ ...check, exec, expectedStatus });
});

test('a value that is exactly as its schema says is shared with what the bus delivered', () => {
  const facts = delta({
    a: { 'container/c': container('a', 'c'), 'container/d': { ...container('a', 'd'), later: 1 } },
  });
  const { state } = advance(start, facts);
  const shared = (id: string): boolean =>
    state.snapshot.hosts.get('a')?.containers.get(id) ===
    (state.picture.hosts.get('a')?.get(`container/${id}`) as unknown);
  expect([shared('c'), shared('d')]).toEqual([true, false]);
});

test('a host whose facts did not change keeps its state; a change replaces one slot', () => {
  const facts = { host: host('a'), 'container/c': container('a', 'c'), 'network/n': network('a', 'n') };
  const before = advance(start, delta({ a: facts })).state;
  const after = (changes: Readonly<Record<string, unknown>>) =>
    advance(before, delta({ a: changes })).state.snapshot.hosts.get('a');
  const old = before.snapshot.hosts.get('a');
  expect(after({ 'container/c': facts['container/c'] })).toBe(old);
  expect(after({ 'container/x': null })).toBe(old);
  expect(after({ host: null })).toEqual({ ...old, host: null });
  expect(after({ host: host('a', { name: 'new' }) })?.containers).toBe(old?.containers);
  expect(after({ 'container/c': null })).toEqual({ ...old, containers: new Map() });
  expect(after({ 'network/n': network('a', 'n', { name: 'new' }) })?.networks.get('n')?.name).toBe('new');
  expect(after({ 'network/n': null })?.networks.size).toBe(0);
});

describe('reductionFor()', () => {
  const dns = reductionFor('dns');
  const metadata = reductionFor('metadata');

  test('DNS gets containers without what no answer depends on, and a reduced container stays as it is', () => {
    const labels = { 'drover.dns.ttl': '1', 'io.rancher.container.dns': 'true', 'com.docker.compose.project': 'p' };
    const addresses = [{ networkId: 'n', networkName: 'n', ipv4: '172.17.0.2', ipv6: null, mac: '02:00:00:00:00:01' }];
    const full = container('a', 'c', { labels, addresses, exit: { code: 137, atMs: 1 } });
    const reduced = dns.fact('container/c', wired(full));
    expect(reduced).toEqual({
      ...full,
      uuid: '-',
      hostname: null,
      image: '',
      exit: null,
      addresses: [{ ...addresses[0], mac: null }],
      labels: { 'drover.dns.ttl': '1', 'io.rancher.container.dns': 'true' },
    });
    expect(dns.fact('container/c', reduced as JsonValue)).toBe(reduced);
    expect(metadata.fact('container/c', wired(full))).toEqual(full);
  });

  test("DNS gets the names that Docker's resolver has beyond the usual ones, metadata does not", () => {
    const id = '0123456789abcdef';
    const at = { networkId: 'n', networkName: 'n', ipv4: '172.17.0.2', ipv6: null, mac: null };
    const full = container('a', id, { hostname: 'kafka-1', addresses: [{ ...at, aliases: ['store'] }] });
    const key = `container/${id}`;
    expect(dns.fact(key, wired(full))).toMatchObject({ hostname: 'kafka-1', addresses: [{ aliases: ['store'] }] });
    expect(dns.fact(key, wired({ ...full, hostname: id.slice(0, 12) }))).toMatchObject({ hostname: null });
    expect(metadata.fact(key, wired(full))).toEqual({ ...full, addresses: [at] });
  });

  test('malformed containers pass, for the process that parses them reports them', () => {
    expect(dns.fact('container/c', 7)).toBe(7);
    expect(dns.fact('container/c', { image: 'i' })).toMatchObject({ image: '', addresses: null, labels: null });
    expect(dns.fact('container/c', { image: 'i', addresses: 'x', labels: ['y'] })).toMatchObject({
      addresses: 'x',
      labels: ['y'],
    });
    expect(dns.fact('container/c', { image: 'i', addresses: [8] })).toMatchObject({ addresses: [8] });
  });

  test('DNS gets declarations without their metadata; an empty one stays the same value', () => {
    const large = wired(declaration('s', 'w', { metadata: '{"a":1}' }));
    const small = wired(declaration('s', 'w'));
    expect(dns.document('service/s/w', large)).toEqual(small);
    expect(dns.document('service/s/w', small)).toBe(small);
    expect(dns.document('service/s/w', { metadata: 7 })).toEqual({ metadata: 7 });
    expect(metadata.document('service/s/w', large)).toBe(large);
    expect(dns.fact('host', 1)).toBe(1);
  });
});

test('diffFacts() has new and changed values, and null for those that are gone', () => {
  const before = new Map<string, JsonValue>([['same', { a: 1, b: 2 }], ['old', 1], ['gone', 1]]); // biome-ignore format: one line
  const after = new Map<string, JsonValue>([['same', { b: 2, a: 1 }], ['old', 2], ['new', 3]]); // biome-ignore format: one line
  expect(diffFacts(before, after)).toEqual(new Map<string, JsonValue | null>([['old', 2], ['gone', null], ['new', 3]])); // biome-ignore format: one line
});
