import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readYaml } from '../../system/yaml/index.ts';

const values = (text: string): unknown[] =>
  readYaml(text).map((document) => (document.ok ? document.value : document.faults));
const faults = (text: string) => readYaml(text).flatMap((document) => (document.ok ? [] : document.faults));

test('readYaml() gives plain data, one value for each document', () => {
  expect(values('a: 1\nb: [x, 2.5, true, null, "3"]\n---\n- {80: y}\n')).toEqual([
    { a: 1, b: ['x', 2.5, true, null, '3'] },
    [{ '80': 'y' }],
  ]);
  expect(values('')).toEqual([]);
});

test('readYaml() reads YAML 1.2 even if the file declares 1.1: no sexagesimal ports, no dates, no `yes`', () => {
  expect(values('%YAML 1.1\n---\n{a: yes, b: 22:22, c: 2001-01-01, d: 0o17, e: 010}')).toEqual([
    { a: 'yes', b: '22:22', c: '2001-01-01', d: 15, e: 10 },
  ]);
});

test('readYaml() merges with <<: own keys win, earlier maps win over later ones', () => {
  const text = 'base: &base {a: 1, b: 1}\nmore: &more {b: 2, c: 2}\nx: {<<: [*base, *more], a: 0}\ny: {"<<": 3}\n';
  expect(values(text)[0]).toMatchObject({ x: { a: 0, b: 1, c: 2 }, y: { '<<': 3 } });
});

test('lineOf() gives the line of keys and elements, and of the nearest parent of a missing path', () => {
  const [document] = readYaml(
    '# a\nservices:\n  web:\n    ports:\n    - 80\n    - 81\n  db: &db\n    scale: 1\n  db2: *db\n',
  );
  const lineOf = (...path: (string | number)[]) => (document?.ok ? document.lineOf(path) : 0);
  expect([lineOf(), lineOf('services', 'web'), lineOf('services', 'web', 'ports', 1)]).toEqual([2, 3, 6]);
  expect([lineOf('services', 'web', 'nothing', 'here'), lineOf('services', 'db2', 'scale')]).toEqual([3, 8]);
});

describe('readYaml() reports faults with line and hint', () => {
  test.each([
    ['a:\n\tb: 1', 2, 'tab'],
    ['a: 1\nb: 2\na: 3', 3, 'key a twice'],
    ['a: *nowhere', 1, 'has no anchor before it'],
    ['a: &a [*a]', 1, 'has no anchor before it'],
    ['__proto__: {polluted: true}', 1, '__proto__'],
    ['a: 12345678901234567890', 1, 'too large'],
    ['a: .nan', 1, 'not finite'],
    ['a: 1e999', 1, 'not finite'],
    ['? {a: 1}\n: x', 1, 'not a string'],
    ['~: 1', 1, 'not a string'],
    ['a: !!binary aGVsbG8=', 1, 'type'],
    ['x: {<<: 3}', 1, 'merges'],
    ['a: b: c', 1, 'not valid YAML'],
    ['a: [', 1, 'not valid YAML'],
    ['['.repeat(20_000), 1, 'nested too deeply'],
    [`a: ${'['.repeat(101)}${']'.repeat(101)}`, 1, 'nested too deeply'],
    ['a: "unclosed', 1, 'not valid YAML'],
  ])('%#: line %s', (text, line, what) => {
    const [first] = faults(text);
    expect(first?.what).toContain(what);
    expect(first?.line).toBe(line);
    expect(first?.hint).not.toBe('');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test('for one document and reads the others', () => {
    expect(values('a: 1\n---\n\tb: 2\n---\nc: 3\n')).toMatchObject([{ a: 1 }, [{ line: 3 }], { c: 3 }]);
  });
});

describe('readYaml() handles hostile texts cheaply', () => {
  const within = (limitMs: number, work: () => void) => {
    const start = performance.now();
    work();
    expect(performance.now() - start).toBeLessThan(limitMs);
  };

  test('it refuses aliases that expand to billions of values at once', () => {
    const rows = [...'bcdefghijklmnop'].map(
      (name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghijklmnop'[i]}`)}]`,
    );
    within(1000, () =>
      expect(faults(`a: &a [1,2,3]\n${rows.join('\n')}`)[0]?.what).toContain('more than 200000 values'),
    );
  });

  test('it refuses 10 MB without parsing', () => {
    within(1000, () => expect(faults('x'.repeat(10_000_000))[0]?.what).toContain('10.0 MB'));
  });

  test('it checks a hundred thousand keys for duplicates in linear time', () => {
    const text = Array.from({ length: 100_000 }, (_, i) => `k${i}: 1`).join('\n');
    within(20_000, () => expect(Object.keys(values(text)[0] as object)).toHaveLength(100_000));
  });
});

test('readYaml() never throws, for any text', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '  ',
    '- ',
    '&a ',
    '*a',
    '[',
    ']',
    '{',
    '}',
    ',',
    '"',
    "'",
    '|',
    '>',
    '<<',
    '!!',
    '#',
    '---\n',
    '\t',
    '?',
    '0x',
    '%YAML',
    '\0',
    '\uFEFF',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
        fc.string(),
      ),
      (text) => {
        for (const document of readYaml(text)) {
          if (!document.ok) expect(document.faults.length).toBeGreaterThan(0);
          else expect(JSON.parse(JSON.stringify(document.value))).toEqual(document.value);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('readYaml() reads back what was written', () => {
  const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 4 });
  fc.assert(
    fc.property(json, (value) => {
      fc.pre(!JSON.stringify(value).includes('__proto__'));
      const [document] = readYaml(stringify(value));
      if (document?.ok) expect(document.value).toEqual(JSON.parse(JSON.stringify(value)));
      // jsonValue knows integers that a number does not keep exactly once they are read as integers
      else expect(document?.faults[0]?.what ?? '').toMatch(/too large|undefined/);
    }),
  );
});
