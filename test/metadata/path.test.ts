import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { negotiate } from '../../metadata/http/negotiate.ts';
import { parseTarget } from '../../metadata/http/target.ts';
import { queryEscape } from '../../metadata/render/query.ts';
import type { Value } from '../../metadata/value/value.ts';
import { lookUp } from '../../metadata/value/walk.ts';

/** The meaning of a target in one line. */
function read(target: string): string {
  const parsed = parseTarget(target);
  if (parsed.kind === 'redirect') return `301 ${parsed.location}`;
  if (parsed.kind !== 'value') return parsed.kind;
  const wait = parsed.wait ? ` until not ${parsed.wait.value} for ${parsed.wait.maxWaitMs}` : '';
  return [parsed.version, ...parsed.keys].join(' | ') + wait;
}

describe('parseTarget()', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/', 'root'],
    ['/?x', 'root'],
    ['/favicon.ico', 'none'],
    ['/latest', 'latest'],
    ['/latest/', 'latest'],
    ['/latest/a/b/', 'latest | a | b'],
    ['/latest/sp+ace/a%2Fb/%2B', 'latest | sp ace | a/b | +'],
    ['/latest/a//b', '301 /latest/a/b'],
    ['/latest/a/../b?x=%2F', '301 /latest/b?x=%2F'],
    ['/../..', '301 /'],
    ['/latest/%2e%2E/x', '301 /x'],
    ['/latest/a%2F%2Fb', '301 /latest/a/b'],
    ['//evil.example/x', '301 /evil.example/x'],
    ['/latest/%zz', 'bad'],
    ['/latest/%', 'bad'],
    ['latest', 'bad'],
    ['', 'bad'],
    ['*', 'bad'],
    ['?x', 'bad'],
    ['http://host/latest/x', 'latest | x'],
    ['http://host', '301 http://host/'],
    ['http://user@host//x', 'bad'],
    ['/latest/\xc3\xbc', 'latest | ü'],
    ['/latest/%C3%BC', 'latest | ü'],
    ['/latest/%FF', 'latest | \ufffd'],
    ['/latest/x%0Ay', 'none'],
    ['/latest/version?wait=true&value=v', 'latest | version until not v for 60000'],
    ['/latest/version?wait=true&value=&maxWait=5', 'latest | version until not  for 5000'],
    ['/latest/version?wait=true&value=a+b&maxWait=0', 'latest | version until not a b for 60000'],
    ['/latest/version?wait=true&value=v&maxWait=121', 'latest | version until not v for 120000'],
    ['/latest/version?wait=true&value=v&maxWait=-3', 'latest | version until not v for 0'],
    ['/latest/version?wait=true&value=v&maxWait=1.5', 'latest | version until not v for 60000'],
    ['/latest/version?wait=true&value=v&maxWait=99999999999999999999', 'latest | version until not v for 120000'],
    ['/latest/version?wait=true', 'latest | version'],
    ['/latest/version?wait=TRUE&value=v', 'latest | version'],
    ['/latest/version?wait=true&value=%zz', 'latest | version'],
    ['/latest?wait=true&value=v', 'latest'],
  ];
  it.each(cases)('%s -> %s', (target, outcome) => expect(read(target)).toBe(outcome));
});

describe('lookUp()', () => {
  const tree: Value = {
    list: [{ name: 'first', n: 1 }, null, { uuid: 'u-2', n: 2 }, { name: 'first', n: 3 }, 'text', { name: '7', n: 4 }],
    Case: 1,
    lower: { Key: 2, key: 3 },
    nothing: null,
    text: 'abc',
  };
  const cases: readonly (readonly [string, unknown])[] = [
    ['list/0/n', 1],
    ['list/00/n', 1],
    ['list/+0/n', 1],
    ['list/-0/n', 1],
    ['list/first/n', 1],
    ['list/FIRST/n', 1],
    ['list/u-2/n', 2],
    ['list/4', 'text'],
    ['list/7/n', undefined],
    ['list/6', undefined],
    ['list/-1', undefined],
    ['list/9223372036854775808', undefined],
    [`list/${'9'.repeat(5000)}`, undefined],
    ['list/length', undefined],
    ['list/1', null],
    ['list/1/x', undefined],
    ['nothing', null],
    ['nothing/x', undefined],
    ['text/x', undefined],
    ['text/length', undefined],
    ['text/0', undefined],
    ['Case', 1],
    ['case', undefined],
    ['LOWER/KEY', 3],
    ['LOWER/Key', 3],
    ['lower/Key', 2],
    ['toString', undefined],
    ['__proto__', undefined],
    ['constructor/name', undefined],
  ];
  it.each(cases)('%s -> %j', (path, value) => expect(lookUp(tree, path.split('/'))?.value).toEqual(value));
});

describe('properties', () => {
  const json = fc.jsonValue().map((value) => value as Value);

  it('any bytes are parsed without an exception, and redirects lead to a clean path', () => {
    const target = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .array(
          fc.constantFrom('/', '.', '..', '%2F', '%2e', 'a', '%', '?', '&', 'wait=true', 'value=', '\n', '\xff', '+'),
        )
        .map((parts) => `/${parts.join('')}`),
    );
    fc.assert(
      fc.property(target, (text) => {
        const parsed = parseTarget(text);
        if (parsed.kind === 'redirect') expect(parseTarget(parsed.location).kind).not.toBe('redirect');
      }),
      { numRuns: 2000 },
    );
  });

  it('every key of any tree is found by its escaped form, and the lookup does not change the tree', () => {
    const key = fc
      .string({ minLength: 1, maxLength: 20 })
      .filter((text) => !/[\n]/.test(text) && !/(^|\/)(\.{0,2})($|\/)/.test(text));
    fc.assert(
      fc.property(key, key, json, (first, second, value) => {
        const tree = { [first]: { [second]: value } };
        const before = structuredClone(tree);
        const target = parseTarget(`/latest/${queryEscape(first)}/${queryEscape(second)}`);
        expect(target).toMatchObject({ kind: 'value', version: 'latest' });
        if (target.kind === 'value') expect(lookUp(tree, target.keys)?.value).toEqual(value);
        expect(tree).toEqual(before);
      }),
      { numRuns: 1000 },
    );
  });

  it('every Accept header selects a format', () => {
    const header = fc.oneof(
      fc.string({ maxLength: 100 }),
      fc
        .array(fc.constantFrom('application/json', 'text/*', '*/*', ';q=', '0.5', ',', ' ', ';', 'x'))
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(fc.array(header, { maxLength: 3 }), (headers) =>
        ['text', 'json', 'yaml'].includes(negotiate(headers)),
      ),
    );
  });
});
