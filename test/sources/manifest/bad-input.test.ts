import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../../model/index.ts';
import { parseManifest, parseManifests } from '../../../sources/manifest/index.ts';

const problems = (text: string): readonly string[] => parseManifest(text, 'shop.yml').problems.map(formatProblem);
/** One service `web` of stack `shop`, its keys in flow form. */
const web = (keys: string): string => `stack: shop\nservices:\n  web: {${keys}}\n`;

describe('a problem has file, line, path, what and hint', () => {
  test.each([
    [
      'health_check: {port: 80000}',
      'services.web.health_check.port: is "80000", not a whole number from 1 to 65535; correct it',
    ],
    ['health_check: {interval: 500}', 'services.web.health_check.port: is missing; the check needs it; add the port'],
    [
      'health_check: {port: 80, intervall: 1}',
      'services.web.health_check.intervall: is not a known key; did you mean interval?',
    ],
    [
      'health_check: {port: 80, strategy: sometimes}',
      'services.web.health_check.strategy: is "sometimes", not a strategy; use one of none, recreate, recreateOnQuorum',
    ],
    ['health_check: 80', 'services.web.health_check: is not a map of keys and values; write a map of keys and values'],
    ['helth_check: {port: 80}', 'services.web.helth_check: is not a known key; did you mean health_check?'],
    [
      'external_ips: [10.0.0.300]',
      'services.web.external_ips.0: ("10.0.0.300") is not an IP address; write it like 10.0.0.5 or fd00::5',
    ],
    ['hostname: "a..b"', 'services.web.hostname: ("a..b") has an empty label; remove the doubled or leading dot'],
    ['hostname: 192.0.2.1', 'services.web.hostname: ("192.0.2.1") is an address; write it under external_ips'],
    ['kind: externalService', 'services.web: is an external service without an address or a host name;'],
    ['kind: dnsService', 'services.web: is an alias without targets;'],
    ['kind: service, external_ips: [10.0.0.1]', 'services.web.external_ips: does not fit a service;'],
    ['image: nginx, alias_of: db', 'services.web.alias_of: does not fit a service;'],
    ['links: ["a b"]', 'services.web.links.0: ("a b") is not a link; write it like db, db:alias or stack/db:alias'],
    ['links: [a/b/c/d/e]', 'services.web.links.0: ("a/b/c/d/e") has too many parts;'],
    ['metadata: [1]', 'services.web.metadata: is not a map of keys and values;'],
    ['scale: -1', 'services.web.scale: is too small; use 0 or more'],
    ['scale: many', 'services.web.scale: is not a number; write a number'],
    ['labels: [{a: b}]', 'services.web.labels.0: is not a text; write a text'],
    [
      'labels: {"io.rancher.sidekicks": "a, b c"}',
      'services.web.labels.io.rancher.sidekicks: ("b c") has a character that names cannot have',
    ],
    ['vip: nowhere', 'services.web.vip: ("nowhere") is not an IP address;'],
    ['answers: some', 'services.web.answers: is not one of the accepted values; use one of all, one'],
    ['dns: {tll: 3}', 'services.web.dns.tll: is not a known key; did you mean ttl?'],
    [
      'lb_config: {port_rules: [{source_port: 42, service: a}]}',
      'services.web.lb_config.port_rules.0.source_port: is 42, which is reserved;',
    ],
    [
      'lb_config: {port_rules: [{source_port: 80, service: a, selector: "x=y"}]}',
      'services.web.lb_config.port_rules.0: needs either a service, a selector or a container;',
    ],
    [
      'lb_config: {port_rules: [{source_port: 80, service: a, protocol: gopher}]}',
      'services.web.lb_config.port_rules.0.protocol: is not one of the accepted values;',
    ],
    [
      'lb_config: {port_rules: [{source_port: 80, service: a, weight: 300}]}',
      'services.web.lb_config.port_rules.0.weight: is too large; use 256 or less',
    ],
    [
      'lb_config: {port_rules: [{source_port: 80, service: a, region: eu}]}',
      'services.web.lb_config.port_rules.0.region: is not supported;',
    ],
    ['lb_config: {port_rule: []}', 'services.web.lb_config.port_rule: is not a known key; did you mean port_rules?'],
    ['x-drover: {conections: 1}', 'services.web.x-drover.conections: is not a known key;'],
    ['x-drover: 3', 'services.web: is not a map of keys and values;'],
  ])('%s', (keys, expected) => {
    const [first = 'no problem', ...more] = problems(web(keys));
    expect(first).toContain(`shop.yml:3 ${expected}`);
    expect(more).toEqual([]);
    expect(parseManifest(web(keys), 'shop.yml').declarations).toEqual([]);
  });

  test.each([
    [
      'services: {web: {}}',
      'shop.yml:1: does not say which stack it declares; add `stack: NAME` at the top, or name it with -p NAME',
    ],
    ['stack: shop\nservcies: {web: {}}', 'shop.yml:2 servcies: is not a known key; did you mean services?'],
    ['stack: shop\nservices: [web]', 'shop.yml:2 services: is not a map of services; write one key a service'],
    [
      'stack: "a b"\nservices: {web: {}}',
      'shop.yml:2 services.web: name "a b" has a character that names cannot have in "a b";',
    ],
    ['stack: shop\nservices: {a/b: {}}', 'shop.yml:2 services.a/b: name "a/b" has a character that names cannot have'],
    ['stack: shop\nservices: {web: 3}', 'shop.yml:2 services.web: is not a map of keys and values;'],
    [
      'stack: shop\nservices: {web: {}, WEB: {}}',
      'shop.yml:2 services.WEB: is written "WEB" here and "web" elsewhere;',
    ],
    ['stack: shop\nx-drover: {servces: {}}', 'shop.yml:2 x-drover.servces: is not a known key; did you mean services?'],
    ['stack: shop\nx-drover: 3', 'shop.yml:2 x-drover: is not a map;'],
    ['hello', 'shop.yml:1: is not a map of keys and values; write `services:` with one key a service'],
    ['a:\n\t- b', 'shop.yml:2: is indented with a tab; indent with spaces'],
  ])('%s', (text, expected) => {
    const [first = 'no problem', ...more] = problems(text);
    expect(first).toContain(expected);
    expect(more).toEqual([]);
    expect(parseManifest(text, 'shop.yml').complete).toBe(false);
  });

  test('several at once, each at its own line', () => {
    const text =
      'stack: shop\nservices:\n  web:\n    scale: x\n    health_check:\n      port: 0x\n  db:\n    lnks: []\n';
    expect(problems(text).map((line) => line.split(' ', 2).join(' '))).toEqual([
      'shop.yml:6 services.web.health_check.port:',
      'shop.yml:4 services.web.scale:',
      'shop.yml:8 services.db.lnks:',
    ]);
  });
});

describe('Q34: one invalid input affects nothing else', () => {
  test('1 bad service beside 99 good ones', () => {
    const services = Array.from({ length: 100 }, (_, i) => `  s${i}: {scale: ${i === 42 ? 'x' : i}}`).join('\n');
    const manifests = parseManifest(`stack: shop\nservices:\n${services}\n`, 'shop.yml');
    expect(manifests.declarations).toHaveLength(99);
    expect(manifests.problems).toHaveLength(1);
    expect(manifests.complete).toBe(false);
  });

  test('a bad document between good ones', () => {
    const manifests = parseManifest(
      'stack: a\nservices: {x: {}}\n---\n{{{\n---\nstack: b\nservices: {y: {}}\n',
      'shop.yml',
    );
    expect(manifests.declarations.map(({ stack, name }) => `${stack}/${name}`)).toEqual(['a/x', 'b/y']);
  });

  test('a bad file beside a good one', () => {
    const files = [
      { path: 'bad.yml', text: 'a:\n\tb: 1' },
      { path: 'good.yml', text: web('scale: 1') },
      { path: 'empty.yml', text: '' },
    ];
    expect(parseManifests(files).declarations).toHaveLength(1);
    expect(parseManifests(files).complete).toBe(false);
  });
});

describe('variables', () => {
  const parse = (text: string, variables: Record<string, string> = {}) =>
    parseManifest(`services:\n  web: {metadata: {v: ${JSON.stringify(text)}}}\n`, 'c.yml', { stack: 's', variables });
  const value = (text: string, variables: Record<string, string> = {}) =>
    valueIn(parse(text, variables).declarations[0]?.metadata) ??
    formatProblem(parse(text, variables).problems[0] ?? { subject: '', what: '', hint: '' });
  const valueIn = (metadata: string | undefined) => metadata && (JSON.parse(metadata) as { v: string }).v;

  test.each([
    [`a ${'$'}{X} b $X.`, 'a 1 b 1.'],
    [`${'$'}{X:-2}${'$'}{Y:-2}${'$'}{Y-3}${'$'}{E:-4}${'$'}{E-5}`, '1234'],
    [`${'$'}{X:+on}${'$'}{Y:+off}`, 'on'],
    ['$$X costs $$5', '$X costs $5'],
    ['no dollar', 'no dollar'],
    [`a${'$'}{Y}b`, 'ab'],
    [
      `${'$'}{Y:?say which}`,
      `c.yml:2 services.web.metadata: needs the variable Y, which is not set (say which); set Y, or write ${'$'}{Y:-default}`,
    ],
    ['5$ or $1', '5$ or $1'],
    [`a${'$'}{toString}b`, 'ab'],
    [
      `a ${'$'}{X`,
      `c.yml:2 services.web.metadata: has a reference to a variable that is not complete (${'$'}{X); write $NAME in braces, or $$ for a dollar sign`,
    ],
  ])('%j -> %j', (text, expected) => {
    expect(value(text, { X: '1', E: '' })).toBe(expected);
  });

  test('and extended services have a limit of nesting', () => {
    expect(value(`${'$'}{Y:-`.repeat(50_000) + '}'.repeat(50_000))).toMatch(
      /nests the defaults of variables too deeply/,
    );
    const chain = Array.from({ length: 500 }, (_, at) => `  s${at}: {extends: s${at + 1}}\n`).join('');
    const { problems } = parseManifest(`services:\n${chain}  s500: {image: a}\n`, 'c.yml', { stack: 's' });
    expect(problems[0]?.what).toBe('ends a chain of more than 20');
  });

  test('can stand for numbers, and are not replaced in native documents', () => {
    const text = `services: {web: {scale: "${'$'}{N}"}}`;
    expect(parseManifest(text, 'c.yml', { stack: 's', variables: { N: '3' } }).declarations[0]?.scale).toBe(3);
    expect(parseManifest(text, 'c.yml', { stack: 's' }).declarations[0]?.scale).toBeNull();
    expect(parseManifest(web('metadata: {price: $5}'), 'n.yml').declarations[0]?.metadata).toBe('{"price":"$5"}');
  });
});

test('a file is parsed once, however many services extend services of it', () => {
  const lines = (line: (at: number) => string) =>
    `services:\n${Array.from({ length: 500 }, (_, at) => line(at)).join('')}`;
  const text = lines((at) => `  s${at}: {extends: {file: common.yml, service: b${at}}}\n`);
  const attached = { 'common.yml': lines((at) => `  b${at}: {image: a, labels: {a: b}}\n`) };
  const started = performance.now();
  expect(parseManifests([{ path: 'c.yml', text, attached }], { stack: 's' }).declarations).toHaveLength(500);
  // It takes 0.4 s. Parsed once for each service, it takes more than 10 s.
  expect(performance.now() - started).toBeLessThan(4_000);
});

test('parseManifest() never throws, and its declarations are complete', () => {
  const key = fc.constantFrom(
    'image',
    'links',
    'health_check',
    'lb_config',
    'labels',
    'metadata',
    'external_ips',
    'hostname',
    'x-drover',
    'ports',
    'scale',
    'dns',
    'alias_of',
    'kind',
    'build',
    'vip',
    'bogus',
    '__proto__',
    'constructor',
  );
  const rubbish = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(
      'rancher/dns-service',
      'rancher/external-service:1',
      'a/b:c',
      '10.0.0.1',
      '$X',
      80,
      { port: 80 },
      ['a=b'],
      { port_rules: [{ source_port: 80 }] },
    ),
  );
  const manifest = fc.record(
    {
      stack: rubbish,
      version: rubbish,
      services: fc.oneof(
        rubbish,
        fc.dictionary(fc.constantFrom('web', 'Web', 'a b', 'constructor'), fc.dictionary(key, rubbish)),
      ),
      'x-drover': rubbish,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(manifest, rubbish), (value) => {
      const manifests = parseManifest(JSON.stringify(value), 'f.yml', { stack: 'x' });
      for (const one of manifests.declarations) {
        expect(one.name).not.toBe('');
        expect(JSON.parse(JSON.stringify(one))).toEqual(one);
      }
      for (const problem of [...manifests.problems, ...manifests.ignored]) {
        expect(problem.subject).toMatch(/^f\.yml:\d+/);
        expect(problem.hint).not.toBe('');
      }
    }),
    { numRuns: 1000 },
  );
});
