import { expect, test } from 'vitest';
import { groupFiles } from '../../../lb/certificates/list-sources.ts';

/** Files as lines; `folder/file` is in a folder. */
function group(...paths: readonly string[]): string {
  const files = new Set(paths.filter((path) => !path.includes('/')));
  const inside = paths.filter((path) => path.includes('/')).map((path) => path.split('/'));
  const folders = new Map(inside.map(([folder = '']) => [folder, new Set<string>()]));
  for (const [folder = '', file = ''] of inside) folders.get(folder)?.add(file);
  const { sources, incomplete, repeated } = groupFiles('', files, folders);
  return [
    ...sources.map(
      ({ name, chain, key, ocsp }) =>
        `${name}: ${chain.join(' + ')}, key ${key}${ocsp === null ? '' : `, OCSP ${ocsp}`}`,
    ),
    ...[...incomplete].map(([name, what]) => `${name} incomplete: ${what}`),
    ...repeated.map(({ name, path }) => `${name} again: ${path}`),
  ].join('\n');
}

test('groupFiles() finds the layouts that programs write', () => {
  expect(group('one.pem')).toBe('one: one.pem, key one.pem');
  expect(group('one.ocsp', 'one.pem')).toBe('one: one.pem, key one.pem, OCSP one.ocsp');
  expect(group('two.crt', 'two.key')).toBe('two: two.crt, key two.key');
  expect(group('three.cer', 'three.key')).toBe('three: three.cer, key three.key');
  expect(group('four.pem', 'four.key')).toBe('four: four.pem, key four.key');
  expect(
    group('a.test/README', 'a.test/cert.pem', 'a.test/chain.pem', 'a.test/fullchain.pem', 'a.test/privkey.pem'),
  ).toBe('a.test: a.test/fullchain.pem, key a.test/privkey.pem');
  expect(group('b/cert.pem', 'b/chain.pem', 'b/privkey.pem')).toBe('b: b/cert.pem + b/chain.pem, key b/privkey.pem');
  expect(group('k8s/ocsp.der', 'k8s/tls.crt', 'k8s/tls.key')).toBe(
    'k8s: k8s/tls.crt, key k8s/tls.key, OCSP k8s/ocsp.der',
  );
});

test('groupFiles() names what is incomplete, and the second certificate of a name', () => {
  expect(group('README', 'lonely.key')).toBe('lonely incomplete: lonely.key has no lonely.crt beside it');
  expect(group('c/fullchain.pem')).toBe('c incomplete: c has no fullchain.pem with a privkey.pem');
  expect(group('d.crt', 'd.pem', 'd/fullchain.pem', 'd/privkey.pem')).toBe(
    ['d: d.pem, key d.pem', 'd again: d.crt', 'd again: d/fullchain.pem'].join('\n'),
  );
});
