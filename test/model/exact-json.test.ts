import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ExactJson, formatExactJson, membersOf, parseExactJson, parseJsonIntegers } from '../../model/index.ts';

/** As JSON.parse would give it. */
function plain(value: ExactJson): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  return Object.fromEntries(membersOf(value).map(([key, member]) => [key, plain(member)]));
}

test('every JSON text gives the same value as JSON.parse, with any white space', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.constantFrom(0, 1, '\t'), (text, indent) => {
      const spaced = JSON.stringify(JSON.parse(text), null, indent);
      expect(plain(parseExactJson(spaced))).toEqual(JSON.parse(text));
      expect(plain(parseExactJson(formatExactJson(parseExactJson(text))))).toEqual(JSON.parse(text));
    }),
    { numRuns: 1_000 },
  );
});

test('keys stay in their order, and whole numbers keep their digits', () => {
  const text = '{"b":[9007199254740993,-18446744073709551616],"10":1,"9":{"__proto__":2,"a\\"{":1.5},"1":""}';
  expect(formatExactJson(parseExactJson(text))).toBe(text);
});

test('parseJsonIntegers() converts exactly the whole numbers that JSON.parse rounds', () => {
  const text = '{"a":[9007199254740992,9007199254740991,-9007199254740993],"b":1.5e300,"c":"9007199254740993","d":1}';
  expect(parseJsonIntegers(text, (integer) => integer)).toEqual({
    a: [9007199254740992n, 9007199254740991, -9007199254740993n],
    b: 1.5e300,
    c: '9007199254740993',
    d: 1,
  });
  for (const one of [
    '9007199254740993',
    ' -9007199254740993',
    '{"a":9007199254740993}',
    '[1,9007199254740993]',
    '[9007199254740993]',
  ])
    expect(JSON.stringify(parseJsonIntegers(one, () => 0.5))).toContain('0.5');
});

test('text that is not JSON is refused', () => {
  for (const text of ['', '{', '{"a":1,}', '[1 2]', '{a:1}', '01', '"\n"', '{} {}'])
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]:,"\\ 1ae-') }), (text) => {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      if (isJson) expect(plain(parseExactJson(text))).toEqual(JSON.parse(text));
      else expect(() => parseExactJson(text)).toThrow(SyntaxError);
    }),
    { numRuns: 2_000 },
  );
});
