import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dnsNameLabels, dnsNameUnder, parseDnsName } from '../../../model/index.ts';

const label = fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9_-]{0,20}$/);
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join('.'));

describe('parseDnsName() gives the canonical form', () => {
  test.each([
    ['www.example.com', 'www.example.com.'],
    ['WWW.Example.COM.', 'www.example.com.'],
    ['rancher.internal', 'rancher.internal.'],
    ['_http._tcp.web', '_http._tcp.web.'],
    ['shop_web_1', 'shop_web_1.'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example.'],
    ['web-', 'web-.'],
    ['0', '0.'],
    [`${'a'.repeat(63)}.b`, `${'a'.repeat(63)}.b.`],
  ])('%j -> %j', (text, expected) => {
    expect(parseDnsName(text)).toEqual({ ok: true, value: expected });
  });
});

describe('parseDnsName() refuses', () => {
  test.each([
    ['', 'is empty'],
    ['.', 'is empty'],
    ['a..b', 'empty label'],
    ['.a', 'empty label'],
    ['a..', 'empty label'],
    ['-a.b', 'begins with a hyphen'],
    ['a b', 'cannot have'],
    ['a/b', 'cannot have'],
    ['a\n', 'cannot have'],
    ['bücher.example', 'cannot have'],
    ['*.example.com', 'cannot have'],
    // the Kelvin sign lower-cases to k: it must not become another name
    ['\u212Aelvin', 'cannot have'],
    [`${'a'.repeat(64)}.b`, '64 characters'],
    [Array.from({ length: 128 }, () => 'a').join('.'), '255 characters'],
  ])('%j: %s', (text, what) => {
    const result = parseDnsName(text);
    expect(result.ok ? result.value : result.problem.what).toContain(what);
    expect(result.ok).toBe(false);
  });

  test('a huge text, with a short message', () => {
    const result = parseDnsName('a.'.repeat(1_000_000));
    expect(result.ok ? '' : result.problem.subject.length).toBeLessThan(120);
  });
});

test('parseDnsName() is idempotent and folds case only', () => {
  fc.assert(
    fc.property(name, (text) => {
      const once = parseDnsName(text);
      if (!once.ok) return once.problem.what.includes('characters');
      expect(parseDnsName(once.value)).toEqual(once);
      expect(parseDnsName(text.toUpperCase())).toEqual(once);
      expect(once.value).toBe(`${text.toLowerCase()}.`);
      return true;
    }),
  );
});

test('parseDnsName() never throws, and accepts only what fits on the wire', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      const result = parseDnsName(text);
      if (!result.ok) return;
      const octets = dnsNameLabels(result.value).reduce((sum, part) => sum + part.length + 1, 1);
      expect(octets).toBeLessThanOrEqual(255);
    }),
  );
});

test('dnsNameUnder() puts labels in front, and checks the whole', () => {
  expect(dnsNameUnder(['Web', 'shop'], 'rancher.internal.')).toEqual({ ok: true, value: 'web.shop.rancher.internal.' });
  expect(dnsNameUnder(['a'.repeat(64)], 'rancher.internal.').ok).toBe(false);
  expect(dnsNameUnder(['x'.repeat(60), 'y'.repeat(60), 'z'.repeat(60), 'w'.repeat(60)], 'rancher.internal.').ok).toBe(
    false,
  );
});
