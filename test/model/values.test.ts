import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  canonicalAddress,
  compareText,
  componentStatuses,
  dnsNameLabels,
  draftMap,
  formatReverseName,
  formatUpstream,
  isJsonObject,
  type JsonValue,
  nearestWord,
  parseAddress,
  parseDnsName,
  parseInterfaceCidr,
  parseUpstream,
  plainAddress,
  ShardedMap,
  sameJson,
  schemaFaults,
  unknownKeyFault,
  upstreamLabelFaults,
  upstreamsOfLabels,
} from '../../model/index.ts';

test.each<[JsonValue, JsonValue, boolean]>([
  [1, 1, true],
  [1, 2, false],
  [1, '1', false],
  [null, {}, false],
  [{}, null, false],
  [1, {}, false],
  [{}, 1, false],
  [[], {}, false],
  [{}, [], false],
  [[], [], true],
  [[1], [1, 2], false],
  [[1, 2], [1], false],
  [[1, 2], [2, 1], false],
  [{ a: 1, b: [2] }, { b: [2], a: 1 }, true],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: 1, b: 2 }, { a: 1 }, false],
  [{ a: 1, b: 2 }, { a: 1, b: 3 }, false],
  [{ a: 1, b: 3 }, { a: 2, b: 3 }, false],
  [{ a: 1 }, { b: 1 }, false],
  [{ toString: 1 }, { a: 1 }, false],
  [{ a: { b: null } }, { a: { b: null } }, true],
])('sameJson(%j, %j) is %j', (a, b, expected) => {
  expect(sameJson(a, b)).toBe(expected);
});

test('sameJson() takes an undefined member for another value than null', () => {
  const absent = { a: undefined } as unknown as JsonValue;
  expect([sameJson(absent, { a: undefined } as unknown as JsonValue), sameJson(absent, { a: null })]).toEqual([
    true,
    false,
  ]);
  expect(sameJson({ a: 1 }, absent)).toBe(false);
});

test('isJsonObject() accepts objects only', () => {
  expect([{}, [], null, 1, 'x', undefined].map(isJsonObject)).toEqual([true, false, false, false, false, false]);
});

test.each([
  ['10.0.0.2', '10.0.0.2:53'],
  ['10.0.0.2:5353', '10.0.0.2:5353'],
  ['10.0.0.2:1', '10.0.0.2:1'],
  ['10.0.0.2:65535', '10.0.0.2:65535'],
  ['2001:db8::2', '[2001:db8::2]:53'],
  ['[2001:db8::2]', '[2001:db8::2]:53'],
  ['2001:0DB8:0::2', '[2001:db8::2]:53'],
  ['fe80::1%eth0', '[fe80::1%eth0]:53'],
  ['[2001:db8::2]:5353', '[2001:db8::2]:5353'],
  ['10.0.0.2:0', null],
  ['10.0.0.2:65536', null],
  ['[10.0.0.2]:53', null],
  ['host:53', null],
  ['', null],
])('parseUpstream(%j) is %j', (text, expected) => {
  const upstream = parseUpstream(text);
  expect(upstream && formatUpstream(upstream)).toBe(expected);
});

test('the label with upstreams counts only if all of them are valid; the first that is not is reported', () => {
  const label = (text: string) => ({ 'drover.dns.upstreams': text });
  expect(upstreamsOfLabels({})).toEqual([]);
  expect(upstreamsOfLabels(label(' 10.0.0.2, 10.0.0.3:5353 '))).toEqual(['10.0.0.2', '10.0.0.3:5353']);
  expect(upstreamsOfLabels(label('10.0.0.2 bad worse'))).toEqual([]);
  expect(upstreamLabelFaults(label('10.0.0.2'))).toEqual([]);
  expect(upstreamLabelFaults(label('10.0.0.2 bad worse'))).toEqual([
    { label: 'drover.dns.upstreams', what: expect.stringMatching(/^has "bad", which is not an address/) },
  ]);
});

test.each([
  ['10.42.0.5', '5.0.42.10.in-addr.arpa.'],
  ['255.0.0.255', '255.0.0.255.in-addr.arpa.'],
  ['2001:db8::5', '5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.'],
])('the reverse name of %s is %s', (text, name) => {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.problem.what);
  expect(formatReverseName(parsed.value)).toBe(name);
});

test.each([
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1::255.255.0.1', '1::ffff:1'],
  ['::FFFF:10.0.0.1', '::ffff:10.0.0.1'],
  ['0:0:1:0:0:0:1:0', '0:0:1::1:0'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
])('the canonical text of %s is %s', (text, canonical) => {
  expect(canonicalAddress(text)).toBe(canonical);
});

test('a name has at most 253 characters, without the trailing dot', () => {
  const name = 'a.'.repeat(126);
  expect([`${name}a`, `${name}a.`, `${name}aa`].map((text) => parseDnsName(text).ok)).toEqual([true, true, false]);
  expect(dnsNameLabels('www.example.com.')).toEqual(['www', 'example', 'com']);
});

test('plainAddress() leaves text that is no address as it is', () => {
  expect(['x', '', '10.0.0.1', 'FD00::1', '::ffff:10.0.0.1'].map(plainAddress)).toEqual([
    'x',
    '',
    '10.0.0.1',
    'fd00::1',
    '10.0.0.1',
  ]);
});

test('texts have one order', () => {
  expect([compareText('a', 'b'), compareText('b', 'a'), compareText('a', 'a')]).toEqual([-1, 1, 0]);
  expect(['ä', 'b', 'A', 'a'].toSorted(compareText)).toEqual(['A', 'a', 'b', 'ä']);
});

test('messages quote at most 80 characters of an address, a name or a range', () => {
  const range = parseInterfaceCidr('x'.repeat(81));
  expect(range.ok ? null : range.problem.subject).toBe(`range "${'x'.repeat(80)}"`);
  const subject = (result: ReturnType<typeof parseAddress> | ReturnType<typeof parseDnsName>) =>
    result.ok ? null : result.problem.subject;
  for (const [word, parse] of [
    ['address', parseAddress],
    ['name', parseDnsName],
  ] as const) {
    // biome-ignore format: one line
    expect(subject(parse(' '.repeat(80)))).toBe(`${word} "${' '.repeat(80)}"`);
    expect(subject(parse(' '.repeat(81)))).toBe(`${word} "${' '.repeat(80)}..."`);
  }
});

test.each([
  ['plain', new Map([['a', 1], ['b', 2]])], // biome-ignore format: one line
  ['sharded', shardedMap()],
])(
  'draftMap() of a %s map gives the original until something changes',
  (_title, original: ReadonlyMap<string, number>) => {
    const same = draftMap(original);
    same.set('a', 1);
    same.delete('x');
    expect(same.result()).toBe(original);
    const changed = draftMap(original);
    changed.set('a', 9);
    expect(changed.get('a')).toBe(9);
    changed.delete('b');
    changed.set('c', 3);
    expect([changed.get('b'), changed.get('c')]).toEqual([undefined, 3]);
    expect(new Map(changed.result())).toEqual(new Map([['a', 9], ['c', 3]])); // biome-ignore format: one line
    expect(new Map(original)).toEqual(new Map([['a', 1], ['b', 2]])); // biome-ignore format: one line
  },
);

function shardedMap(): ShardedMap<number> {
  const edit = ShardedMap.empty<number>(4).edit();
  edit.update('a', () => 1);
  edit.update('b', () => 2);
  return edit.result();
}

test('componentStatuses() gives the statuses of a host by component', () => {
  const statuses = new Map([['overlay', { component: 'overlay' }]]);
  expect(componentStatuses({ facts: new Map([['status', statuses]]) })).toBe(statuses);
  expect(componentStatuses({ facts: new Map() }).size).toBe(0);
});

test.each([
  ['abc', ['abd'], 'abd'],
  ['ab', ['cd'], null],
  ['abcdef', ['abcd', 'abcdeg'], 'abcdeg'],
  ['abcdef', ['abxdyf'], 'abxdyf'],
  ['abcdef', ['xbxdyf'], null],
  ['abcdef', ['abcd'], 'abcd'],
  ['abcdef', ['abc'], null],
  ['abcdef', ['abcdefgh'], 'abcdefgh'],
  ['badcfe', ['abcdfe'], 'abcdfe'],
  ['ba', ['ab'], 'ab'],
  ['abc', ['abd', 'abe'], 'abd'],
])('nearestWord(%j, %j) is %j', (word, candidates, expected) => {
  expect(nearestWord(word, candidates)).toBe(expected);
});

test('an unknown key is answered with the nearest one, or with up to 12 known ones', () => {
  const known = (count: number) => Array.from({ length: count }, (_, n) => `known_key_${n}`);
  expect(unknownKeyFault('prot', ['port'])).toEqual({ what: 'is not a known key', hint: 'did you mean port?' });
  expect(unknownKeyFault('zzz', []).hint).toBe('remove it');
  expect(unknownKeyFault('zzz', known(1)).hint).toBe('remove it; known here: known_key_0');
  expect(unknownKeyFault('zzz', known(12)).hint).toContain('known_key_11');
  expect(unknownKeyFault('zzz', known(13)).hint).toBe('remove it');
});

test('schemaFaults() says for each fault where it is, what is wrong, and what to write', () => {
  const schema = z.strictObject({
    name: z.string(),
    port: z.int().min(1).max(9),
    mode: z.enum(['a', 'b']),
    either: z.union([z.string(), z.number()]),
    checked: z.string().refine((text) => text === 'x', { error: 'is not x', params: { hint: 'write x' } }),
    plain: z.string().refine((text) => text === 'x', 'is not x'),
    list: z.array(z.boolean()),
  });
  const good = { name: 'n', port: 5, mode: 'a', either: 'e', checked: 'x', plain: 'x', list: [true] };
  const faults = (changes: object): readonly string[] => {
    const parsed = schema.safeParse({ ...good, ...changes });
    if (parsed.success) return [];
    return schemaFaults(parsed.error, () => ['name']).map(
      ({ path, what, hint }) => `${path.join('.')} ${what}: ${hint}`,
    );
  };
  expect(faults({})).toEqual([]);
  expect(faults({ name: undefined })).toEqual(['name is missing: add a text']);
  expect(faults({ name: 7 })).toEqual(['name is not a text: write a text']);
  expect(faults({ port: 0 })).toEqual(['port is too small: use 1 or more']);
  expect(faults({ port: 10 })).toEqual(['port is too large: use 9 or less']);
  expect(faults({ mode: 'c' })).toEqual(['mode is not one of the accepted values: use one of a, b']);
  expect(faults({ either: true })).toEqual(['either has a form that is not accepted: write a text, or write a number']);
  expect(faults({ checked: 'y' })).toEqual(['checked is not x: write x']);
  expect(faults({ plain: 'y' })).toEqual(['plain is not x: correct it']);
  expect(faults({ list: [1] })).toEqual(['list.0 is not true or false: write true or false']);
  expect(faults({ nmae: 1, zzz: 2 })).toEqual([
    'nmae is not a known key: did you mean name?',
    'zzz is not a known key: remove it; known here: name',
  ]);
});
