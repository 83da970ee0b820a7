import { expect, test } from 'vitest';
import { formatHostPattern, type PathMatch, parseHostPattern, parsePathPattern } from '../../../model/index.ts';

// LB-20 and LB-22.
test.each([
  ['foo.com', 'exact foo.com'],
  [' WWW.Foo.com ', 'exact www.foo.com'],
  ['foo.com.', 'exact foo.com'],
  ['foo.com:8080', 'exact foo.com'],
  ['localhost', 'exact localhost'],
  ['my_app.local', 'exact my_app.local'],
  ['10.0.0.1:80', 'exact 10.0.0.1'],
  ['[FD00:0::1]', 'exact [fd00::1]'],
  ['[fd00::1]:80', 'exact [fd00::1]'],
  ['*.foo.com', 'suffix .foo.com'],
  ['*.Foo.com.:80', 'suffix .foo.com'],
  ['*-test.foo.com', 'suffix -test.foo.com'],
  ['*foo.com', 'suffix foo.com'],
  ['www.*', 'prefix www.'],
  ['api-*', 'prefix api-'],
  ['', 'any'],
  ['*', 'any'],
  ['*:8080', 'any'],
  ['Münch.de', 'exact xn--mnch-0ra.de'],
  ['*.bücher.example', 'suffix .xn--bcher-kva.example'],
  ['bücher.*', 'prefix xn--bcher-kva.'],
])('parseHostPattern(%j) is %s', (text, expected) => {
  const parsed = parseHostPattern(text);
  const pattern = parsed.ok ? parsed.value : null;
  expect(parsed.ok && (pattern ? `${pattern.kind} ${pattern.text}` : 'any')).toBe(expected);
  // What is shown to people is parsed to the same pattern.
  expect(pattern && parseHostPattern(formatHostPattern(pattern))).toEqual(pattern && parsed);
});

test.each([
  'foo bar.com',
  'foo"bar',
  "foo'bar",
  'foo\nbar',
  'foo\tbar',
  'foo\\bar',
  'foo#bar',
  'foo\u0000bar',
  'foo$bar',
  'foo%41',
  'foo}',
  'a,b',
  '*.foo.*',
  'foo*bar.com',
  '**',
  '*.',
  '.*',
  '*..com',
  'foo..com',
  '.foo.com',
  '-foo.com',
  'http://foo.com',
  'foo.com/path',
  'fd00::1',
  '[::',
  '[10.0.0.1]',
  '[fd00::1%eth0]',
  'foo.com:http',
  ':80',
  '*bücher.example',
  'b\u2044cher.example',
  `${'a'.repeat(64)}.com`,
  `${'a.'.repeat(127)}com`,
])('parseHostPattern(%j) is refused', (text) => {
  expect(parseHostPattern(text).ok).toBe(false);
});

test.each<[string, PathMatch, string]>([
  ['/api', 'prefix', 'prefix /api'],
  [' /API/V1/ ', 'prefix', 'prefix /api/v1/'],
  ['/Api/', 'segment', 'segment /api'],
  ['/', 'segment', 'prefix /'],
  ['/Exact/', 'exact', 'exact /Exact/'],
  ['/a%2fb', 'prefix', 'prefix /a%2fb'],
  ['/a%2fb', 'exact', 'exact /a%2Fb'],
  ['/Straße', 'prefix', 'prefix /stra%c3%9fe'],
  ['/Ärger', 'segment', 'segment /%c3%84rger'],
  ['/Ärger', 'exact', 'exact /%C3%84rger'],
  ['/$metadata(1)', 'prefix', 'prefix /$metadata(1)'],
  ['/.well-known/acme-challenge/', 'prefix', 'prefix /.well-known/acme-challenge/'],
  ['', 'prefix', 'any'],
  ['  ', 'regex', 'any'],
  ['^/v\\d+/(?:users|orders)/[^/]+$', 'regex', 'regex ^/v\\d+/(?:users|orders)/[^/]+$'],
  ['(?i:/Api)\\.json', 'regex', 'regex (?i:/Api)\\.json'],
])('parsePathPattern(%j, %s) is %s', (text, match, expected) => {
  const parsed = parsePathPattern(text, match);
  expect(parsed.ok && (parsed.value ? `${parsed.value.kind} ${parsed.value.text}` : 'any')).toBe(expected);
});

test.each([
  ['api', 'has no slash'],
  ['/api/*', 'star has no meaning'],
  ['/api?x=1', 'more than a path'],
  ['/api#top', 'more than a path'],
  ...[
    '/a b',
    '/a"b',
    "/a'b",
    '/a\nb',
    '/a\u0000b',
    '/a\\b',
    '/a%',
    '/a%2',
    '/a%zz',
    '/a\ud800',
    '/{id}',
    '/a|b',
    '/<b>',
  ].map((text) => [text, 'not a path']),
  [`/${'a'.repeat(1000)}`, '1001 characters'],
  [`/${'ä'.repeat(400)}`, 'not a path'],
])('parsePathPattern(%j) says that it %s', (text, what) => {
  const parsed = parsePathPattern(text ?? '', 'prefix');
  expect(!parsed.ok && parsed.problem.what).toContain(what);
});

test.each([
  ['/a(b', 'Unterminated group'],
  ['/a**', 'Nothing to repeat'],
  ['/a b', 'a blank'],
  ["/a'b", 'a quote'],
  ['/a#b', '#'],
  ['/ä', 'beyond ASCII'],
  ['/a\nb', 'a blank'],
  ['-f', 'begins with a hyphen'],
  ['/\\x41', 'unknown escape'],
  ['/\\1', 'unknown escape'],
  ['/a\\', 'unknown escape'],
  ['(?<=a)b', 'unknown group'],
  ['(?<n>b)', 'unknown group'],
  ['[[.a.]', 'unclear set'],
  ['[=a=]', 'unclear set'],
  ['[..]', 'unclear set'],
  ['[^]', 'unclear set'],
  ['[]a', 'unclear set'],
  ['a{1000}', 'repeats too often'],
  ['a{1,70000}', 'repeats too often'],
])('parsePathPattern(%j, regex) says: %s', (text, what) => {
  const parsed = parsePathPattern(text, 'regex');
  expect(!parsed.ok && parsed.problem.what).toContain(what);
});
