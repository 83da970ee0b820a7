import { describe, expect, test } from 'vitest';
import { type Answers, NO_ANSWERS } from '../../../dns/answers-file/answers.ts';
import { type ParsedAnswers, parseAnswers } from '../../../dns/answers-file/parse.ts';
import { createAssembly, type Part, partsOf } from '../../../dns/answers-file/transfer.ts';
import { formatProblem } from '../../../model/index.ts';

async function parsed(text: string): Promise<{ readonly answers: Answers; readonly problems: readonly string[] }> {
  const result = await parseAnswers('answers.yaml', text);
  if (!result.ok) throw new Error(result.problems.map(formatProblem).join('\n'));
  return { answers: result.answers, problems: result.problems.map(formatProblem) };
}

const problemsOf = async (text: string) => (await parsed(text)).problems;
const common = async (text: string) => (await parsed(text)).answers.common;

describe('parseAnswers() accepts', () => {
  test('every key that rancher-dns has, as YAML', async () => {
    const { answers, problems } = await parsed(`
default:
  search: [rancher.internal, Other.Internal.]
  recurse: ["10.0.0.2", "10.0.0.3:5353", "2001:db8::1", "[2001:db8::2]:53"]
  authoritative: [rancher.internal, ".dotted.internal."]
  a: { web.s.rancher.internal.: { answer: ["10.42.0.5", "2001:db8::5"], ttl: 7 } }
  cname: { ext.s.rancher.internal.: { answer: "www.example.com." } }
  ptr: { 10.42.0.5: { answer: web. }, "2001:db8::5": { answer: web6. }, 7.0.42.10.in-addr.arpa.: { answer: seven. } }
  txt: { t.: { answer: [one, "two words"] } }
10.42.0.9: { search: [s.rancher.internal] }
FD00::9: { recurse: [10.0.0.9] }
`);
    expect(problems).toEqual([]);
    expect(answers.authoritative).toEqual(['rancher.internal.', 'dotted.internal.']);
    expect(answers.common).toEqual({
      search: ['.rancher.internal.', '.other.internal.'],
      recurse: ['10.0.0.2', '10.0.0.3:5353', '2001:db8::1', '[2001:db8::2]:53'],
      a: new Map([['web.s.rancher.internal.', { value: '10.42.0.5 2001:db8::5', ttlSeconds: 7 }]]),
      cname: new Map([['ext.s.rancher.internal.', { value: 'www.example.com.', ttlSeconds: null }]]),
      ptr: new Map([
        ['5.0.42.10.in-addr.arpa.', { value: 'web.', ttlSeconds: null }],
        [`5.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa.`, { value: 'web6.', ttlSeconds: null }],
        ['7.0.42.10.in-addr.arpa.', { value: 'seven.', ttlSeconds: null }],
      ]),
      txt: new Map([['t.', { value: ['one', 'two words'], ttlSeconds: null }]]),
    });
    expect([...answers.sections.keys()]).toEqual(['10.42.0.9', 'fd00::9']);
    expect([...answers.between]).toEqual(['s.rancher.internal.']);
  });

  test.each([
    ['JSON', '{"default": {"a": {"x.": {"answer": ["10.0.0.1"]}}}}'],
    ['JSON with a trailing comma, which YAML allows', '{"default": {"a": {"x.": {"answer": ["10.0.0.1"]},},}}'],
    ['short: a list', 'default: { a: { x.: ["10.0.0.1"] } }'],
    ['short: one text', 'default: { a: { x.: 10.0.0.1 } }'],
    ['one text as the answer', 'default: { a: { x.: { answer: 10.0.0.1 } } }'],
    ['no TTL as null', '{"default": {"a": {"x.": {"answer": ["10.0.0.1"], "ttl": null}}}}'],
  ])('%s', async (_, text) => {
    expect((await common(text)).a).toEqual(new Map([['x.', { value: '10.0.0.1', ttlSeconds: null }]]));
    expect(await problemsOf(text)).toEqual([]);
  });

  test('a dump of rancher-dns: null lists, and `authorative`', async () => {
    const dump = '{"default":{"search":null,"recurse":null,"authorative":["rancher.internal"],"a":null,"cname":null}}';
    const { answers, problems } = await parsed(dump);
    expect([answers.authoritative, problems]).toEqual([['rancher.internal.'], []]);
  });

  test.each([
    ['nothing', ''],
    ['a comment', '# later\n'],
    ['null', 'null'],
  ])('%s: no answers', async (_, text) => {
    expect(await parsed(text)).toEqual({ answers: NO_ANSWERS, problems: [] });
  });
});

describe('Q34 an invalid entry affects only itself and is reported with its line', () => {
  const GOOD = '    good.: { answer: ["10.0.0.1"] }\n';
  test.each([
    ['no dot at the end', 'bad: 10.0.0.2', /:4 default\.a\.bad: does not end with a dot/],
    ['upper case', 'Bad.: 10.0.0.2', /:4 default\.a\["Bad\."\]: has upper-case letters/],
    ['an empty label', 'a..b.: 10.0.0.2', /has an empty label/],
    ['a label of 64', `${'x'.repeat(64)}.: 10.0.0.2`, /has a label of 64 characters/],
    ['a name of 255', `${'x'.repeat(50)}.`.repeat(5).concat(': 10.0.0.2'), /has 254 characters/],
    ['an invalid address', 'bad.: 10.0.0.256', /has invalid addresses: "10\.0\.0\.256"/],
    ['a number', 'bad.: 10', /has no valid answer/],
    ['no answer', 'bad.: { ttl: 5 }', /has no valid answer/],
    ['a list of lists', 'bad.: [[10.0.0.1]]', /has no valid answer/],
  ])('%s', async (_, entry, told) => {
    const text = `default:\n  a:\n${GOOD}    ${entry}\n`;
    const { answers, problems } = await parsed(text);
    expect([...answers.common.a.keys()]).toEqual(['good.']);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(told);
  });

  test('of several addresses only the invalid one is left out; an invalid TTL is ignored', async () => {
    const { answers, problems } = await parsed('default: { a: { x.: { answer: [10.0.0.1, oops], ttl: -1 } } }');
    expect(answers.common.a.get('x.')).toEqual({ value: '10.0.0.1', ttlSeconds: null });
    expect(problems.join('\n')).toMatch(/invalid addresses: "oops"[\s\S]*invalid TTL -1/);
  });

  test.each([
    ['default: { cname: { x.: "a..b." } }', /has an invalid target: it has an empty label/],
    ['default: { recurse: [dns.example.com] }', /default\.recurse\[0\]: "dns\.example\.com" is not valid here/],
    ['default: { search: [5] }', /default\.search\[0\]: 5 is not valid here/],
    ['default: { aaaa: { x.: 1 } }', /default\.aaaa: is not a known key; use one of: search/],
    ['default: { a: [1] }', /default\.a: is not a map of names/],
    ['default: 5', /default: is not a map/],
    ['webserver: { a: {} }', /webserver: is neither an IP address nor `default`/],
    ['10.0.0.1: { authoritative: [x] }', /authoritative domains, which are only read from `default`/],
  ])('%s', async (text, told) => {
    expect((await problemsOf(text)).join('\n')).toMatch(told);
  });

  test('a thousand faults: the first twenty, then their number', async () => {
    const entries = Array.from({ length: 1_000 }, (_, n) => `    Bad${n}.: 10.0.0.1`).join('\n');
    const { answers, problems } = await parsed(`default:\n  a:\n${GOOD}${entries}\n`);
    expect(answers.common.a.size).toBe(1);
    expect([problems.length, problems.at(-1)]).toEqual([
      21,
      'answers.yaml: has 980 more faults; fix the faults above first',
    ]);
  });
});

test.each([
  ['a broken line', 'default:\n  a: {\n', /^answers\.yaml:\d+: is not valid YAML/],
  ['a tab', 'default:\n\ta: {}\n', /answers\.yaml:2: is indented with a tab/],
  ['a list', '[1, 2]', /answers\.yaml: is not an answers file/],
  ['a duplicate key', 'default: { a: { x.: 10.0.0.9, x.: 10.0.0.1 } }', /has the key x\. twice/],
  ['a text', 'hello', /answers\.yaml: is not an answers file/],
  ['two documents', 'default: {}\n---\ndefault: {}\n', /more than one YAML document/],
  ['half a JSON', '{"default": {"a": {"x.": {"answer": ["10.0', /is not valid YAML/],
])('%s: the file is rejected with a reason', async (_, text, told) => {
  const result = await parseAnswers('answers.yaml', text);
  expect(result.ok).toBe(false);
  expect(formatProblem(result.problems[0] ?? { subject: '', what: '', hint: '' })).toMatch(told);
});

test('a file sent between processes in parts is assembled unchanged', async () => {
  const a = Array.from({ length: 2_500 }, (_, n) => [
    `n${n}.s${n % 7}.rancher.internal.`,
    { answer: ['10.0.0.1'], ttl: n },
  ]);
  const text = JSON.stringify({
    default: { search: ['x'], recurse: ['10.0.0.2'], authoritative: ['rancher.internal'], a: Object.fromEntries(a) },
    '10.0.0.1': { cname: { 'c.': 'd.' }, txt: { 't.': ['x'] }, ptr: { '10.0.0.1': 'p.' }, a: { bad: 1 } },
  });
  const sent = await parseAnswers('answers.json', text);
  const received: readonly Part[] = [...partsOf(sent)].map((part) => structuredClone(part));
  const assembled = received.map(createAssembly());
  expect(received.length).toBeGreaterThan(5);
  expect(assembled.slice(0, -1).every((one) => one === null)).toBe(true);
  expect(assembled.at(-1)).toEqual(sent);
  const unreadable: ParsedAnswers = { ok: false, problems: [{ subject: 'a', what: 'b', hint: 'c' }] };
  expect([...partsOf(unreadable)].map(createAssembly())).toEqual([unreadable]);
});
