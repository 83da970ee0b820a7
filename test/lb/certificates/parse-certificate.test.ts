import { createPrivateKey } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseCertificate } from '../../../lb/certificates/parse-certificate.ts';
import { type ServerCertificate, serverCertificate } from '../../support/server-certificate.ts';

let root: ServerCertificate;
let middle: ServerCertificate;
let site: ServerCertificate;
let other: ServerCertificate;
let rsa: ServerCertificate;
let weak: ServerCertificate;
let alone: ServerCertificate;

beforeAll(async () => {
  const authority = { isAuthority: true };
  [root, other, rsa, weak] = await Promise.all([
    serverCertificate('root', authority),
    serverCertificate('other', { names: ['other.test'] }),
    serverCertificate('rsa.test', { rsaBits: 2048 }),
    serverCertificate('weak', { rsaBits: 1024 }),
  ]);
  middle = await serverCertificate('middle', { ...authority, issuer: root });
  site = await serverCertificate('site', { names: ['Site.test', '*.site.test'], issuer: middle });
  const extensions = ['authorityInfoAccess=caIssuers;URI:http://ca.test/ca.der'];
  alone = await serverCertificate('alone', { issuer: middle, extensions });
});

function parse(chain: string, key: string) {
  return parseCertificate('certificate shop', {
    chain: [{ path: 'shop.crt', text: chain }],
    key: { path: 'shop.key', text: key },
  });
}

/** What the operator reads. */
function fault(chain: string, key: string): string {
  const parsed = parse(chain, key);
  if (!parsed.ok) return `${parsed.problem.what}; ${parsed.problem.hint}`;
  return parsed.value.remarks.map(({ what, hint }) => `usable: ${what}; ${hint}`).join('\n') || 'usable';
}

describe('parseCertificate()', () => {
  test('reads names, time, key and chain', () => {
    const parsed = parse(site.cert + middle.cert + root.cert, site.key);
    expect(parsed.ok && parsed.value.about).toMatchObject({
      names: ['site.test', '*.site.test'],
      keyType: 'ec prime256v1',
      chainLength: 2,
      fingerprint: expect.stringMatching(/^[0-9A-F]{40}$/),
    });
    const about = parsed.ok ? parsed.value.about : null;
    expect((about?.notAfterMs ?? 0) - (about?.notBeforeMs ?? 0)).toBe(2 * 24 * 3600 * 1000);
  });

  test('takes the common name if there are no other names', () => {
    const parsed = parse(rsa.cert, rsa.key);
    expect(parsed.ok && parsed.value.about).toMatchObject({ names: ['rsa.test'], keyType: 'rsa 2048', chainLength: 0 });
  });

  test('takes key and chain out of one file, with text between them', () => {
    const text = `Bag Attributes\n\n${site.key}\nsubject=site\r\n${site.cert}\n\n${middle.cert}`.replaceAll(
      '\n',
      '\r\n',
    );
    const parsed = parse(text, text);
    expect(parsed.ok && parsed.value.about.chainLength).toBe(1);
    expect(parsed.ok && (parsed.value.keyText + parsed.value.chainText).includes('\n\n')).toBe(false);
  });

  test('changes its version with the chain', () => {
    const [short, long] = [parse(site.cert, site.key), parse(site.cert + middle.cert, site.key)];
    expect(short.ok && long.ok && short.value.about.version !== long.value.about.version).toBe(true);
  });

  test('says what is wrong and what to do', () => {
    const encrypted = createPrivateKey(site.key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
      .toString();
    const broken = site.cert.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA');
    const cases: readonly [string, string, string][] = [
      ['complete', site.cert + middle.cert, site.key],
      ['key of another', site.cert, other.key],
      ['no key', site.cert, ''],
      ['no certificate', 'hello', site.key],
      ['encrypted key', site.cert, encrypted],
      ['old encrypted key', site.cert, site.key.replace('-----\n', '-----\nProc-Type: 4,ENCRYPTED\n')],
      ['broken key', site.cert, site.key.replace(/\n.{20}/, '\nAAAA')],
      ['broken certificate', broken, site.key],
      ['cut certificate', (site.cert + middle.cert).slice(0, -40), site.key],
      ['cut key', site.cert, site.key.slice(0, -40)],
      ['small key', weak.cert, weak.key],
      ['wrong order', root.cert + middle.cert + site.cert, site.key],
      ['foreign certificate in the chain', site.cert + other.cert, site.key],
      ['no intermediate', alone.cert, alone.key],
      ['private authority without intermediate', site.cert, site.key],
    ];
    expect(
      `\n${cases.map(([name, chain, key]) => `${name}: ${fault(chain, key)}`).join('\n')}\n`,
    ).toMatchInlineSnapshot(`
      "
      complete: usable
      key of another: the key of shop.key does not belong to the certificate; no action needed if it is being renewed; else install certificate and key of one order
      no key: shop.key has no private key; put the key into it, in PEM
      no certificate: shop.crt has no certificate; put the certificate into it, in PEM
      encrypted key: the key of shop.key is encrypted; decrypt it: \`openssl pkey -in KEY -out KEY\`
      old encrypted key: the key of shop.key is encrypted; decrypt it: \`openssl pkey -in KEY -out KEY\`
      broken key: the key of shop.key cannot be read; replace it by a key in PEM
      broken certificate: shop.crt has a certificate that cannot be read; replace it by a certificate in PEM
      cut certificate: shop.crt is incomplete; no action needed if it is being written; else replace it
      cut key: shop.key is incomplete; no action needed if it is being written; else replace it
      small key: OpenSSL refuses it (ee key too small); order a certificate with a key of at least RSA 2048 or EC 256
      wrong order: usable: its chain is in the wrong order; Drover serves it in the right one; no action needed
      foreign certificate in the chain: usable: 1 of its 2 certificates do not belong to the chain, and are left out; replace the chain by the one of its issuer
      no intermediate: usable: it has no intermediate certificate, so many clients do not trust it; use the authority's full chain, such as \`fullchain.pem\`
      private authority without intermediate: usable
      "
    `);
  });

  test('refuses a chain that HAProxy cannot take at run time', async () => {
    const names = Array.from({ length: 500 }, (_, index) => `host-${index}.quite-long-name.test`);
    const large = await serverCertificate('large', { names });
    expect(fault(large.cert, large.key)).toMatch(/^its 1 certificates are larger than 16 kB; remove/);
  });
});
