import { expect, test } from 'vitest';
import { type Certificate, type LoadedCertificate, planCertificates } from '../../../lb/certificates/index.ts';
import { parseLoaded } from '../../../lb/certificates/loaded.ts';

function certificate(name: string, part: Partial<Certificate> = {}): Certificate {
  const file = `/run/${name}.pem`;
  const time = { notBeforeMs: 0, notAfterMs: 1 };
  return {
    name,
    file,
    names: [],
    ...time,
    keyType: 'ec',
    fingerprint: 'AA',
    chainLength: 1,
    ocspFile: null,
    version: 'v1',
    ...part,
  };
}

const LOADED: LoadedCertificate = { fingerprint: 'AA', chainLength: 1, hasOcsp: false, version: null, refused: null };

/** What is done if `wanted` is wanted, HAProxy has `loaded`, and its list has `listed`. */
function plan(
  wanted: readonly Certificate[],
  loaded: Readonly<Record<string, LoadedCertificate>>,
  listed: readonly string[] | null,
): readonly string[] {
  const file = (name: string) => `/run/${name}.pem`;
  const files = new Map(Object.entries(loaded).map(([name, one]) => [file(name), one]));
  const list = listed && new Set(listed.map(file));
  return planCertificates(new Map(wanted.map((one) => [one.name, one])), { files, listed: list }).map((change) =>
    change.kind === 'remove certificate'
      ? `${change.kind} ${change.file}`
      : `${change.kind} ${change.certificate.name}${change.isNew ? ' new' : ''}`,
  );
}

test('planCertificates() does nothing if HAProxy has what is wanted', () => {
  expect(plan([certificate('a')], { a: LOADED }, ['a'])).toEqual([]);
  expect(plan([certificate('a')], { a: LOADED }, null)).toEqual([]);
  expect(plan([certificate('a')], {}, null)).toEqual([]);
  const withOcsp = certificate('a', { ocspFile: '/run/a.pem.response' });
  expect(plan([withOcsp], { a: { ...LOADED, hasOcsp: true, version: 'v1' } }, ['a'])).toEqual([]);
  // HAProxy has refused the response.
  expect(plan([withOcsp], { a: { ...LOADED, version: 'v1' } }, ['a'])).toEqual([]);
});

test('planCertificates() renews what differs', () => {
  const renew = ['renew certificate a'];
  expect(plan([certificate('a', { fingerprint: 'BB' })], { a: LOADED }, ['a'])).toEqual(renew);
  expect(plan([certificate('a', { chainLength: 2 })], { a: LOADED }, null)).toEqual(renew);
  expect(plan([certificate('a', { ocspFile: '/run/a.pem.response' })], { a: LOADED }, ['a'])).toEqual(renew);
  expect(plan([certificate('a')], { a: { ...LOADED, hasOcsp: true } }, ['a'])).toEqual(renew);
  const old = { ...LOADED, hasOcsp: true, version: 'v0' };
  expect(plan([certificate('a', { ocspFile: '/run/a.pem.response' })], { a: old }, ['a'])).toEqual(renew);
});

test('planCertificates() does not try again what HAProxy refuses, until it is another one', () => {
  const refused = { ...LOADED, fingerprint: 'BB', refused: 'v1' };
  expect(plan([certificate('a')], { a: refused }, ['a'])).toEqual([]);
  expect(plan([certificate('a')], { a: refused }, [])).toEqual([]);
  expect(plan([certificate('a', { version: 'v2' })], { a: refused }, ['a'])).toEqual(['renew certificate a']);
});

test('planCertificates() adds to and removes from the list of all certificates', () => {
  expect(plan([certificate('a'), certificate('b')], { a: LOADED }, ['a'])).toEqual(['add certificate b new']);
  // A listener that names `b` has loaded it already.
  expect(plan([certificate('b')], { b: LOADED }, [])).toEqual(['add certificate b']);
  expect(plan([], { a: LOADED }, ['a'])).toEqual(['remove certificate /run/a.pem']);
  // Only a listener that names `a` has it: without `a` that is another configuration.
  expect(plan([], { a: LOADED }, null)).toEqual([]);
});

test('parseLoaded() reads what HAProxy 2.6 prints', () => {
  const reply = `Filename: /run/a.pem
Status: Used
Serial: 1000
notBefore: Nov 30 14:19:51 2026 GMT
notAfter: Dec  2 14:19:51 2026 GMT
Subject Alternative Name: DNS:o.test
Algorithm: EC256
SHA1 FingerPrint: EBFC0615B3014593D17EFFE7D218F7EED208420D
Subject: /CN=o
Issuer: /CN=ca
Chain Subject: /CN=ca
Chain Issuer: /CN=root
Chain Subject: /CN=root
Chain Issuer: /CN=root
OCSP Response Key: 303b3009

Filename: /run/b.pem
Status: Empty

`;
  expect([...parseLoaded(reply)]).toEqual([
    [
      '/run/a.pem',
      {
        fingerprint: 'EBFC0615B3014593D17EFFE7D218F7EED208420D',
        chainLength: 2,
        hasOcsp: true,
        version: null,
        refused: null,
      },
    ],
    ['/run/b.pem', { fingerprint: null, chainLength: 0, hasOcsp: false, version: null, refused: null }],
  ]);
  expect(parseLoaded("Can't display the certificate: Not found or the certificate is a bundle!\n").size).toBe(0);
});
