import { expect, test } from 'vitest';
import { checkInstalled } from '../../haproxy/index.ts';
import { formatProblem } from '../../model/index.ts';

/** The first lines of `haproxy -vv` of Debian 12. */
const vv = (version: string, list: string) =>
  `HAProxy version ${version} 2025/10/03 - https://haproxy.org/\nBuild options :\n  OPTIONS = USE_PCRE2=1\n\nFeature list : ${list}\n\nDefault settings :\n`;
const ALL =
  '-51DEGREES +ACCEPT4 +OPENSSL +OT -PCRE +PCRE2 +PCRE2_JIT -PCRE_JIT +SLZ -STATIC_PCRE2 +THREAD +THREAD_DUMP -ZLIB';
const PURPOSE = { purpose: 'load balancer', loss: 'nothing is published', needs: ['tls'] } as const;
const check = (output: string) => checkInstalled(async () => output, ['haproxy'], PURPOSE);

test.each([
  ['the package of Debian', ALL, ['OPENSSL', 'PCRE2_JIT', 'SLZ', 'THREAD'], []],
  ['older implementations', '+OPENSSL +PCRE -PCRE2 -SLZ +ZLIB +THREAD', ['OPENSSL', 'PCRE', 'ZLIB', 'THREAD'], []],
  [
    'nothing but TLS',
    '+OPENSSL -PCRE2 -SLZ -ZLIB -THREAD +THREAD_DUMP',
    ['OPENSSL'],
    ['regex', 'compression', 'threads'],
  ],
])('checkInstalled() reads what HAProxy was built with: %s', async (_, list, features, lacks) => {
  expect(await check(vv('2.6.12-1+deb12u3', list))).toEqual({
    ok: true,
    value: { version: '2.6.12-1+deb12u3', features, lacks },
  });
});

test('checkInstalled() does not complain about what a HAProxy without a list of features has', async () => {
  expect(await check('HAProxy version 4.0.1\n')).toEqual({
    ok: true,
    value: { version: '4.0.1', features: [], lacks: [] },
  });
});

test.each([
  ['too old', vv('2.4.22', ALL), 'load balancer: HAProxy 2.4.22 is too old; install HAProxy 2.6 or newer'],
  [
    'without TLS',
    vv('2.9.1', '-OPENSSL +SLZ'),
    'load balancer: HAProxy 2.9.1 was built without OPENSSL, so nothing is published; install a HAProxy that has it, such as the package haproxy of Debian',
  ],
  ['another program', 'GNU ls\n', 'load balancer: haproxy is not HAProxy; install the package haproxy'],
])('checkInstalled() refuses a program that is %s', async (_, output, expected) => {
  const checked = await check(output);
  expect(checked.ok ? '' : formatProblem(checked.problem)).toBe(expected);
});
