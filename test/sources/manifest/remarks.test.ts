import { describe, expect, test } from 'vitest';
import { formatProblem } from '../../../model/index.ts';
import { parseManifest, parseManifests, projectName } from '../../../sources/manifest/index.ts';

const read = (text: string, variables: Readonly<Record<string, string>> = {}) => {
  const manifests = parseManifest(text, 'c.yml', { stack: 's', variables });
  return {
    problems: manifests.problems.map(formatProblem),
    notes: manifests.ignored.map(formatProblem),
    names: manifests.declarations.map(({ name }) => name),
    declarations: manifests.declarations,
  };
};

describe('a key that is there twice', () => {
  test.each([
    ['in the catalog', '.catalog: {version: a, version: b}\nweb: {image: a}'],
    [
      'at the top, where Drover ignores it',
      "version: '2'\nvolumes: {a: {}}\nvolumes: {b: {}}\nservices: {web: {image: a}}",
    ],
    ['in a service, where Drover ignores it', 'services: {web: {image: a, command: x, command: y}}'],
    ['below a key that Drover ignores', 'services: {web: {image: a, environment: {A: 1, A: 2}}}'],
    ['with the same value', 'services: {web: {image: a, scale: 1, scale: 1}}'],
  ])('%s is a note', (_, text) => {
    const { problems, notes, names } = read(text);
    expect([problems, names]).toEqual([[], ['web']]);
    expect(notes.filter((note) => note.includes('is there twice: the last one counts'))).toHaveLength(1);
  });

  test.each([
    ['of a service', 'services: {web: {image: a, scale: 1, scale: 2}}', 'services.web.scale'],
    [
      'below a key of a service',
      'services: {web: {health_check: {port: 1, port: 2}}}',
      'services.web.health_check.port',
    ],
    ['with the name of a service', 'services: {web: {scale: 1}, web: {scale: 2}}', 'services.web'],
    ['at the top', 'services: {web: {}}\nservices: {db: {}}', 'services'],
    ['of x-drover at the top', 'x-drover: {services: {a: {}}, services: {b: {}}}', 'x-drover.services'],
  ])('%s with another value is a problem', (_, text, path) => {
    const { problems } = read(text);
    expect(problems).toEqual([
      expect.stringContaining(`${path}: is there twice, with different values; remove one of`),
    ]);
  });
});

test('tags without an effect are notes, and change nothing', () => {
  const { problems, notes, names } = read(
    'x-a: !mine {}\nservices: {web: !theirs {image: !ours a, labels: !reset {}}}',
  );
  expect([problems, names]).toEqual([[], ['web']]);
  expect(notes.map((note) => note.split(' ').slice(1, -9).join(' '))).toMatchObject([
    expect.stringContaining('x-a: has the unknown tag !mine'),
    expect.stringContaining('services.web: has the unknown tag !theirs'),
    expect.stringContaining('services.web.image: has the unknown tag !ours'),
  ]);
  const native = read('stack: s\nservices: {web: {labels: !reset {a: b}}}');
  expect(native.declarations[0]?.labels).toEqual({ a: 'b' });
  expect(native.notes).toEqual([expect.stringContaining('labels: has the tag !reset, which has no effect here')]);
});

test('a service that others extend has each of its notes once', () => {
  const { notes } = read(
    'services: {base: {image: a, brand_new: 1, command: x}, one: {extends: base}, two: {extends: base}}',
  );
  expect(notes).toEqual([
    expect.stringMatching(/base\.command: is for the container runtime/),
    expect.stringMatching(/base\.brand_new: is not known to Drover/),
  ]);
});

test('a variable is named as not set only if its value is used', () => {
  const text = `services: {web: {labels: {a: "${'$'}{A:-${'$'}B}", c: "${'$'}{A:+${'$'}C}"}}}`;
  const named = (variables: Readonly<Record<string, string>>) =>
    read(text, variables).notes.map((note) => /variable (\w)/.exec(note)?.[1]);
  expect([named({ A: '1' }), named({})]).toEqual([['C'], ['B']]);
});

describe('version 1', () => {
  test('has a service for each map at the top, also with the name `version`, and none for `name`', () => {
    expect(read('name: shop\nversion: {image: v}\nweb: {image: w}').names).toEqual(['version', 'web']);
  });

  test('extends a service without its links', () => {
    const services = 'base: {image: a, links: [db], ports: ["80"]}\nweb: {extends: {service: base}}\ndb: {image: d}\n';
    const web = (text: string) => read(text).declarations.find(({ name }) => name === 'web');
    expect(web(services)).toMatchObject({ links: [], ports: ['80'] });
    expect(web(`services:\n  ${services.trimEnd().replaceAll('\n', '\n  ')}`)?.links).toHaveLength(1);
  });
});

test('a service with a provider is no alias', () => {
  const provider = 'provider: {type: t}';
  expect(read(`services: {x: {alias_of: db, ${provider}}}`).problems[0]).toContain('alias_of: does not fit a service');
  const files = [
    { path: 'o.yml', text: 'x: {hostname: web1}' },
    { path: 'compose.yml', text: `services: {x: {${provider}}}` },
  ];
  expect(parseManifests(files, { stack: 's' }).declarations).toMatchObject([{ kind: 'service', hostname: null }]);
});

test('the name of a project is not in a native document', () => {
  const files = [
    { path: 'compose.yml', text: 'name: blog\nservices: {}' },
    { path: 'shop.yml', text: 'stack: shop\nname: other\nservices: {}' },
  ];
  expect(projectName(files, {})).toBe('blog');
});
