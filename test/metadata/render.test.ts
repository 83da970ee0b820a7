import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { formatFixed, formatShortest, printsAs } from '../../metadata/render/go-format.ts';
import { renderJson } from '../../metadata/render/render-json.ts';
import { renderText } from '../../metadata/render/render-text.ts';
import { renderYaml } from '../../metadata/render/render-yaml.ts';
import { injectedObject } from '../../metadata/tree/injected.ts';
import type { Value } from '../../metadata/value/value.ts';
import { lookUp } from '../../metadata/value/walk.ts';

describe('renderText()', () => {
  const cases: readonly (readonly [Value, string])[] = [
    [null, ''],
    ['a b\n', 'a b\n'],
    [42, '42'],
    [-7, '-7'],
    [18446744073709551615n, '18446744073709551615'],
    [1.5, '1.5'],
    [0.0000001, '0'],
    [Math.PI, '3.141593'],
    [1e21, '1000000000000000000000'],
    [true, 'true'],
    [{}, ''],
    [[], ''],
    [{ b: 1, a: { x: 1 }, 'a-b': null, c: [] }, 'a-b\na/\nb\nc/\n'],
    [{ 'sp ace': 1, 'ü/': 1 }, '%C3%BC%2F\nsp+ace\n'],
    [[{ name: 'web 1' }, { uuid: 'u' }, { other: 1 }, 'x', null, []], '0=web+1\n1=u\n2/\n3\n4\n5/\n'],
    [[{ name: null, uuid: 'u' }, { name: 5 }, { name: '' }], '0=u\n1/\n2=\n'],
    [[{ toString: 1 }, Object.create(null)], '0/\n1/\n'],
    ['\ud800', '\ud800'],
    [{ '\ud800': 1 }, '%EF%BF%BD\n'],
  ];
  it.each(cases)('%o -> %j', (value, text) => expect(renderText(value)).toBe(text));
});

describe('formatFixed() rounds as Go does', () => {
  const cases: readonly (readonly [number, string])[] = [
    // An exact half is rounded to even.
    [0.0078125, '0.007812'],
    [0.0234375, '0.023438'],
    [-0.0078125, '-0.007812'],
    [2.5, '2.5'],
    [100.1234567, '100.123457'],
    [1.0000004, '1'],
    [-0.0000001, '-0'],
    [1.5e300, BigInt(1.5e300).toString()],
  ];
  it.each(cases)('%d -> %s', (number, text) => expect(formatFixed(number)).toBe(text));
});

describe('formatShortest()', () => {
  const cases: readonly (readonly [number, 32 | 64, string])[] = [
    [0.1, 64, '0.1'],
    [Math.PI, 32, '3.1415927'],
    [0.1, 32, '0.1'],
    [1e-7, 64, '1e-07'],
    [1.25e-5, 64, '1.25e-05'],
    [0.00012, 64, '0.00012'],
    [1e21, 64, '1e+21'],
    [1234567.5, 64, '1.2345675e+06'],
    [123456.5, 64, '123456.5'],
    [-2.5, 64, '-2.5'],
    [1.5e-300, 64, '1.5e-300'],
  ];
  it.each(cases)('%d in %d bits -> %s', (number, bits, text) => expect(formatShortest(number, bits)).toBe(text));
});

describe('printsAs() compares as the original did', () => {
  const cases: readonly (readonly [Value, string, boolean])[] = [
    ['a', 'a', true],
    ['a', 'ab', false],
    ['', '', true],
    [null, '<nil>', true],
    [null, 'null', false],
    [1, '1', true],
    [1e-7, '1e-07', true],
    [true, 'true', true],
    [{}, 'map[]', true],
    [[], '[]', true],
    [{ b: [1, 'x'], a: null }, 'map[a:<nil> b:[1 x]]', true],
    [{ b: [1, 'x'], a: null }, 'map[a:<nil> b:[1 x]', false],
    [{ a: 1 }, '', false],
  ];
  it.each(cases)('%o against %j: %j', (value, text, same) => expect(printsAs(value, text)).toBe(same));

  it('stops printing at the first difference', () => {
    const read: string[] = [];
    const value = { a: 1, b: 2 } as Record<string, Value>;
    Object.defineProperty(value, 'c', { enumerable: true, get: () => read.push('c') });
    expect(printsAs(value, 'map[a:1 x')).toBe(false);
    expect(read).toEqual([]);
  });
});

describe('renderJson()', () => {
  const cases: readonly (readonly [Value, string])[] = [
    [{ b: 1, a: [null, true, 'x'] }, '{"a":[null,true,"x"],"b":1}'],
    [{ 10: 1, 9: 2, a: 3 }, '{"10":1,"9":2,"a":3}'],
    ['<a href="x">&', '"\\u003ca href=\\"x\\"\\u003e\\u0026"'],
    ['\u2028\u2029', '"\\u2028\\u2029"'],
    ['\b\f\n\r\t\x01\\b\\\b', '"\\u0008\\u000c\\n\\r\\t\\u0001\\\\b\\\\\\u0008"'],
    ['\ud800x', '"\ufffdx"'],
    ['🐳', '"🐳"'],
    [9007199254740993n, '9007199254740993'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
    [0.5, '0.5'],
    // By UTF-8 bytes, not by UTF-16 units.
    [{ '🐳': 1, '\uff00': 2 }, '{"\uff00":2,"🐳":1}'],
    [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  ];
  it.each(cases)('%o -> %s', (value, text) => expect(renderJson(value)).toBe(text));

  it('keeps the order and all digits of injected configuration; the text form sorts its keys', () => {
    const value = injectedObject('{"z":9007199254740993,"10":{"b":[],"a":{}},"9":[{"y":1,"x":-0.5}]}');
    expect(renderJson(value)).toBe('{"z":9007199254740993,"10":{"b":[],"a":{}},"9":[{"y":1,"x":-0.5}]}');
    expect(renderYaml(value)).toBe('z: 9007199254740993\n"10":\n  b: []\n  a: {}\n"9":\n- "y": 1\n  x: -0.5\n');
    expect(renderText(value)).toBe('10/\n9/\nz\n');
    expect(lookUp(value, ['9', '0', 'y'])).toEqual({ value: 1 });
    expect(renderText(lookUp(value, ['z'])?.value ?? null)).toBe('9007199254740993');
    expect(lookUp(injectedObject('{"__proto__":{"a":1}}'), ['__proto__', 'a'])).toEqual({ value: 1 });
    expect(injectedObject('{}')).toEqual({});
  });

  it('renders a container object once', () => {
    const container = { metadata_kind: 'container', name: 'a' };
    const cache = new WeakMap<object, string>();
    expect(renderJson([container, { in: container }], cache)).toBe(
      '[{"metadata_kind":"container","name":"a"},{"in":{"metadata_kind":"container","name":"a"}}]',
    );
    expect(cache.get(container)).toBe('{"metadata_kind":"container","name":"a"}');
  });
});

describe('renderYaml()', () => {
  const cases: readonly (readonly [Value, string])[] = [
    [null, 'null\n'],
    ['', '""\n'],
    [{}, '{}\n'],
    [[], '[]\n'],
    ['plain text', 'plain text\n'],
    ['12:30', '"12:30"\n'],
    ['8080:80/tcp', '8080:80/tcp\n'],
    ['0x1f', '"0x1f"\n'],
    ['1_000', '"1_000"\n'],
    ['-.inf', '"-.inf"\n'],
    ['n', '"n"\n'],
    ['<<', '"<<"\n'],
    ['a: b', "'a: b'\n"],
    ["it's: x", "'it''s: x'\n"],
    ['a #b', "'a #b'\n"],
    ['? x', "'? x'\n"],
    ['?x', '?x\n'],
    ['--- x', "'--- x'\n"],
    [' x', "' x'\n"],
    ['tab\there', '"tab\\there"\n'],
    ['cr\r\n', '"cr\\r\\n"\n'],
    ['🐳', '"\\U0001F433"\n'],
    ['one\ntwo\n', '|\n  one\n  two\n'],
    ['one\n\ntwo\n\n', '|+\n  one\n\n  two\n\n'],
    ['one\ntwo', '|-\n  one\n  two\n'],
    ['\nx', '|2-\n\n  x\n'],
    ['x \ny', '"x \\ny"\n'],
    [{ a: [1, { b: [] }], c: { d: 'x\ny' } }, 'a:\n- 1\n- b: []\nc:\n  d: |-\n    x\n    y\n'],
    [[[1], [[2, 3]], {}], '- - 1\n- - - 2\n    - 3\n- {}\n'],
    [{ 'x\ny': [1], ['k'.repeat(129)]: 1 }, `? ${'k'.repeat(129)}\n: 1\n? |-\n  x\n  y\n: - 1\n`],
    [{ a10: 1, a9: 1, A: 1, '-': 1 }, "'-': 1\nA: 1\na9: 1\na10: 1\n"],
    [{ long: `${'word '.repeat(20)}end` }, `long: ${'word '.repeat(15).trim()} word\n  ${'word '.repeat(4)}end\n`],
  ];
  it.each(cases)('%o -> %j', (value, text) => expect(renderYaml(value)).toBe(text));

  it('a YAML parser reads the same value back', () => {
    // U+2028 and U+2029 are line breaks in YAML 1.1, which Drover writes, and plain characters in YAML 1.2.
    const text = fc
      .string({ unit: 'binary', maxLength: 60 })
      .filter((made) => made.isWellFormed() && !/[\u2028\u2029]/.test(made));
    const words = fc
      .array(fc.constantFrom('a', 'bb', ' ', '  ', '\n', ':', '#', '- ', '"', "'", 'word', 'x'.repeat(30)))
      .map((all) => all.join(''));
    const { value } = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text,
        words,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(text, words), tie('value'), { maxKeys: 4 }),
      ),
    }));
    const read = (yaml: string) => parse(yaml, { version: '1.2', uniqueKeys: false });
    fc.assert(
      fc.property(value, (made) => {
        expect(read(renderYaml(made))).toEqual(JSON.parse(JSON.stringify(made)));
      }),
      { numRuns: 1500 },
    );
  });
});
