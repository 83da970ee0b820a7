import { expect, test } from 'vitest';
import { formatPortBindings, type PortBinding, parsePortBindings } from '../../model/index.ts';

const BINDINGS: readonly PortBinding[] = [
  { port: 'veth1', index: 7, ipv4: '10.42.1.2', mac: '02:42:0a:2a:01:02' },
  { port: 'veth2', index: 9, ipv4: '10.42.1.3', mac: '02:42:0a:2a:01:03' },
];

test('format() gives the documented text, whatever the order of the bindings', () => {
  const text =
    '{"version":1,"guard":"on","bindings":[{"port":"veth1","index":7,"ipv4":"10.42.1.2","mac":"02:42:0a:2a:01:02"}]}\n';
  expect(formatPortBindings(BINDINGS.slice(0, 1))).toBe(text);
  expect(formatPortBindings(BINDINGS.toReversed())).toBe(formatPortBindings(BINDINGS));
});

test('parse() reads back what format() wrote', () => {
  for (const bindings of [BINDINGS, [], 'off'] as const)
    expect(parsePortBindings(formatPortBindings(bindings))).toEqual(bindings);
});

test.each([
  ['an empty file', ''],
  ['half a file', formatPortBindings(BINDINGS).slice(0, 60)],
  ['JSON that is no object', 'null'],
  ['a later version', formatPortBindings('off').replace('"version":1', '"version":2')],
  ['an unknown mode', formatPortBindings('off').replace('off', 'maybe')],
  ['a list that is missing', '{"version":1,"guard":"off"}'],
  ['a binding without an address', formatPortBindings(BINDINGS).replace('"10.42.1.2"', 'null')],
  ['a binding without an index', formatPortBindings(BINDINGS).replace('"index":7', '"index":"7"')],
  ['a MAC address of another form', formatPortBindings(BINDINGS).replace('02:42:0a:2a:01:02', '0242.0a2a.0102')],
  ['a binding that is null', '{"version":1,"guard":"on","bindings":[null]}'],
])('parse() knows nothing from %s', (_title, text) => {
  expect(parsePortBindings(text)).toBeNull();
});
