import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRequestLine } from '../../../model/index.ts';

const raw = String.raw;

/** `GET /x HTTP/1.1 | Host: www`, `tcp`, or what is wrong. */
function read(line: string | null): string {
  const parsed = parseRequestLine(line);
  if (!parsed.ok) return `refused: ${parsed.problem.what}`;
  if (parsed.value === null) return 'tcp';
  const { method, uri, version, headers } = parsed.value;
  return [`${method} ${uri} ${version}`, ...headers.map(({ name, value }) => `${name}: ${value}`)].join(' | ');
}

describe('parseRequestLine()', () => {
  test.each([
    [null, 'tcp'],
    ['', 'tcp'],
    [' \t ', 'tcp'],
    ['GET "/path" "HTTP/1.0"', 'GET /path HTTP/1.0'],
    ['GET /path HTTP/1.1', 'GET /path HTTP/1.1'],
    ["HEAD '/a?b=c&d'", 'HEAD /a?b=c&d HTTP/1.0'],
    ['/only', 'OPTIONS /only HTTP/1.0'],
    ['  GET   /  ', 'GET / HTTP/1.0'],
    ['OPTIONS *', 'OPTIONS * HTTP/1.0'],
    ['GET http://www/x', 'GET http://www/x HTTP/1.0'],
    ['GET / # a comment', 'GET / HTTP/1.0'],
    ['GET /"a b"'.replace(' b', raw`\x62`), 'GET /ab HTTP/1.0'],
    [raw`GET /a\#b\\c`, raw`GET /a#b\c HTTP/1.0`],
    [raw`GET '/a\x'`, raw`GET /a\x HTTP/1.0`],
    [raw`GET /%[env(PATH)]$HOME;id`, 'GET /%[env(PATH)]$HOME;id HTTP/1.0'],
    [raw`GET / "HTTP/1.1\r\nHost:\ www"`, 'GET / HTTP/1.1 | Host: www'],
    [raw`GET / HTTP/1.1\r\nHost:\ www.example.com`, 'GET / HTTP/1.1 | Host: www.example.com'],
    [raw`GET / "HTTP/1.1\r\nHost: www\r\nUser-Agent:a b\r\n"`, 'GET / HTTP/1.1 | Host: www | User-Agent: a b'],
    [raw`GET / "HTTP/1.0\nX-Empty:"`, 'GET / HTTP/1.0 | X-Empty: '],
  ])('%j is %s', (line, expected) => expect(read(line)).toBe(expected));

  test.each([
    ['GET "/path', /quote that is not closed/],
    ["GET '/path", /quote that is not closed/],
    [raw`GET /\xzz`, /escape that is not valid/],
    ['# GET /', /no word before/],
    ['GET / HTTP/1.0 more', /4 words/],
    ['G/T /', /no valid method/],
    ['"" /', /no valid method/],
    ['GET ""', /no valid URI/],
    ['GET path', /no valid URI/],
    ['GET "/a b"', /no valid URI/],
    ['GET "/a\nb"', /no valid URI/],
    [raw`GET /a\r\nHost:\ x`, /no valid URI/],
    [raw`GET /\x00`, /no valid URI/],
    [raw`GET /\x7f`, /no valid URI/],
    ['GET / HTTP/2.0', /no valid version/],
    ['GET / ""', /no valid version/],
    [raw`GET / "HTTP/1.1\r\nno colon"`, /header that is not valid/],
    [raw`GET / "HTTP/1.1\r\nA B: x"`, /header that is not valid/],
    [raw`GET / "HTTP/1.1\r\nA: x\ty"`, /header that is not valid/],
    [raw`GET / "HTTP/1.1\r\nA: x\r\n\r\nbody"`, /header that is not valid/],
    [raw`GET / "HTTP/1.1\r\nHost: a\r\nhost: b"`, /header host twice/],
    [`GET / "HTTP/1.1${Array.from({ length: 17 }, (_, n) => raw`\r\nX-${n}: 1`).join('')}"`, /17 headers/],
    [`GET /${'x'.repeat(2_000)}`, /2005 characters/],
  ])('%j is refused', (line, what) => expect(read(line)).toMatch(what));

  test('gives no control character, whatever the line is', () => {
    const piece = fc.constantFrom(
      'GET ',
      '/',
      '"',
      "'",
      raw`\r\n`,
      raw`\x0a`,
      '\n',
      '\t',
      ' ',
      'HTTP/1.1',
      'Host:',
      '\\',
      '#',
      '\u0000',
    );
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((pieces) => `GET /${pieces.join('')}`),
    );
    fc.assert(
      fc.property(line, (text) => {
        const parsed = parseRequestLine(text);
        const request = parsed.ok ? parsed.value : null;
        if (request === null) return;
        const { method, uri, version, headers } = request;
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
        expect([method, uri, version, ...headers.flatMap(Object.values)].join('')).not.toMatch(/[\u0000-\u001f\u007f]/);
        expect(`${method}${uri}`).not.toMatch(/\s/);
      }),
      { seed: 1, numRuns: 2_000 },
    );
  });
});
