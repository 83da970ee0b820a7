import { expect, test } from 'vitest';
import {
  answerLabelFaults,
  answerOptionsOf,
  answerOptionsOfLabels,
  namedPorts,
  parsePort,
  textsOf,
  weightOfLabels,
} from '../../model/index.ts';

const NONE = { answers: null, ttlSeconds: null, prefer: null, weight: null };

test.each<[Readonly<Record<string, string>>, object]>([
  [{}, {}],
  [{ 'drover.answers': 'ONE' }, { answers: 'one' }],
  [{ 'drover.answers': 'all' }, { answers: 'all' }],
  [{ 'drover.answers': 'two' }, {}],
  [{ 'drover.dns.ttl': '0' }, { ttlSeconds: 0 }],
  [{ 'drover.dns.ttl': '86400' }, { ttlSeconds: 86_400 }],
  [{ 'drover.dns.ttl': '86401' }, {}],
  [{ 'drover.dns.ttl': '1.5' }, {}],
  [{ 'drover.dns.ttl': '' }, {}],
  [{ 'drover.dns.prefer': 'Local' }, { prefer: 'local' }],
  [{ 'drover.dns.prefer': 'none' }, { prefer: 'none' }],
  [{ 'drover.dns.prefer': 'near' }, {}],
  [{ 'drover.weight': '256' }, { weight: 256 }],
  [{ 'drover.weight': '0' }, { weight: 0 }],
  [{ 'drover.weight': '257' }, {}],
  [{ 'drover.weight': '-1' }, {}],
])('answerOptionsOfLabels(%j)', (labels, expected) => {
  expect(answerOptionsOfLabels(labels)).toEqual({ ...NONE, ...expected });
  const isValid = Object.keys(labels).length === Object.keys(expected).length;
  expect(answerLabelFaults(labels).map(({ label }) => label)).toEqual(isValid ? [] : Object.keys(labels));
  expect(weightOfLabels(labels)).toBe(answerOptionsOfLabels(labels).weight);
});

test('answerOptionsOf() reads the options of a declaration, and ignores values of another type', () => {
  const dns = { ttl: 5, prefer: 'local', txt: ['a', 7, 'b'] };
  expect(answerOptionsOf({ answers: 'one', weight: 3, dns })).toEqual({
    answers: 'one',
    ttlSeconds: 5,
    prefer: 'local',
    weight: 3,
  });
  expect(answerOptionsOf({ answers: 'all', dns: { prefer: 'none' } })).toEqual({
    ...NONE,
    answers: 'all',
    prefer: 'none',
  });
  for (const options of [{}, { answers: 'two', weight: '3', dns: { ttl: -1, prefer: 'x' } }, { weight: 1.5, dns: 7 }])
    expect(answerOptionsOf(options)).toEqual(NONE);
  expect(textsOf({ dns })).toEqual(['a', 'b']);
  for (const options of [{}, { dns: 7 }, { dns: { txt: 'a' } }]) expect(textsOf(options)).toEqual([]);
});

test.each([
  ['80', { port: 80, protocol: 'tcp' }],
  [' 53/UDP ', { port: 53, protocol: 'udp' }],
  ['65535/sctp', { port: 65_535, protocol: 'sctp' }],
  ['1', { port: 1, protocol: 'tcp' }],
  ['0', null],
  ['65536', null],
  ['80/http', null],
  ['', null],
])('parsePort(%j)', (text, expected) => {
  expect(parsePort(text)).toEqual(expected);
});

test('namedPorts() reads valid labels only; answerLabelFaults() reports the others', () => {
  const labels = {
    'drover.port.HTTP': '8080',
    'drover.port.dns': '53/udp',
    'drover.port.80': '80',
    'drover.port.': '80',
    'drover.port.bad': 'x',
    'drover.ports': '1',
  };
  expect(namedPorts(labels)).toEqual([
    { name: 'http', port: 8080, protocol: 'tcp' },
    { name: 'dns', port: 53, protocol: 'udp' },
  ]);
  expect(answerLabelFaults(labels)).toEqual([
    { label: 'drover.port.80', what: expect.stringContaining('does not end in a name') },
    { label: 'drover.port.', what: expect.stringContaining('does not end in a name') },
    { label: 'drover.port.bad', what: 'is "x", not a port such as `8080` or `53/udp`' },
  ]);
  const quoted = (length: number) => answerLabelFaults({ 'drover.answers': 'x'.repeat(length) })[0]?.what;
  expect(quoted(80)).toBe(`is "${'x'.repeat(80)}", not \`all\`, \`one\` or \`started\``);
  expect(quoted(81)).toBe(`is "${'x'.repeat(80)}…", not \`all\`, \`one\` or \`started\``);
});
