import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { ok, type Problem, problem, type Result } from '../../model/index.ts';
import type { Certificate } from './certificate.ts';

/** Content of the files of one certificate. */
export interface CertificateFiles {
  /** Files with certificates, the certificate of the server first; with their names for messages. */
  readonly chain: readonly NamedText[];
  readonly key: NamedText;
}

export interface NamedText {
  readonly path: string;
  readonly text: string;
}

export interface ParsedCertificate {
  readonly about: Omit<Certificate, 'name' | 'file' | 'ocspFile'>;
  /** Certificates, the one of the server first, each issued by the next. */
  readonly chainText: string;
  /** Secret. */
  readonly keyText: string;
  /** What is wrong with it, although it is usable. */
  readonly remarks: readonly Omit<Problem, 'subject'>[];
}

/** HAProxy 2.6 takes at most one buffer, 16,384 bytes, of a certificate at run time, with the command. */
const MAX_CHAIN_BYTES = 16_000;

/** Parses and checks a certificate and its key. Nothing of the key is in a problem. */
export function parseCertificate(subject: string, files: CertificateFiles): Result<ParsedCertificate> {
  const cut = [...files.chain, files.key].find(({ text }) => endsInside(text));
  if (cut)
    return problem(subject, `${cut.path} is incomplete`, 'no action needed if it is being written; else replace it');
  const key = readKey(subject, files.key);
  if (!key.ok) return key;
  const certificates = readCertificates(subject, files.chain);
  if (!certificates.ok) return certificates;
  const ordered = orderChain(certificates.value, key.value);
  if (!ordered) {
    const what = `the key of ${files.key.path} does not belong to the certificate`;
    return problem(
      subject,
      what,
      'no action needed if it is being renewed; else install certificate and key of one order',
    );
  }
  const chainText = ordered.map((one) => one.toString()).join('');
  const keyText = key.value.export({ type: 'pkcs8', format: 'pem' }).toString();
  const refusal = refusalOf(chainText, keyText);
  if (refusal) return problem(subject, refusal, 'order a certificate with a key of at least RSA 2048 or EC 256');
  if (chainText.length > MAX_CHAIN_BYTES) {
    const what = `its ${ordered.length} certificates are larger than 16 kB`;
    return problem(subject, what, 'remove certificates from the chain that clients have, such as the root');
  }
  const remarks = remarksOn(certificates.value, ordered);
  return ok({ about: describe(ordered, key.value, chainText), chainText, keyText, remarks });
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*(?:-(?!----END)[^-]*)*-----END \1-----/g;

interface Block {
  readonly label: string;
  readonly text: string;
}

function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(BLOCK)].map(([block, label = '']) => ({ label, text: block }));
}

/** Whether a block begins and does not end: the rest is not written yet. */
function endsInside(text: string): boolean {
  return /-----BEGIN /.test(text.replaceAll(BLOCK, ''));
}

function readKey(subject: string, { path, text }: NamedText): Result<KeyObject> {
  const block = blocksOf(text).find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (!block) return problem(subject, `${path} has no private key`, 'put the key into it, in PEM');
  if (block.label.startsWith('ENCRYPTED') || /^Proc-Type: 4,ENCRYPTED/m.test(block.text)) {
    return problem(subject, `the key of ${path} is encrypted`, 'decrypt it: `openssl pkey -in KEY -out KEY`');
  }
  try {
    return ok(createPrivateKey(block.text));
  } catch {
    return problem(subject, `the key of ${path} cannot be read`, 'replace it by a key in PEM');
  }
}

function readCertificates(subject: string, files: readonly NamedText[]): Result<readonly X509Certificate[]> {
  const all: X509Certificate[] = [];
  for (const { path, text } of files) {
    const blocks = blocksOf(text).filter(({ label }) => /^(X509 |TRUSTED )?CERTIFICATE$/.test(label));
    if (blocks.length === 0)
      return problem(subject, `${path} has no certificate`, 'put the certificate into it, in PEM');
    try {
      all.push(...blocks.map((block) => new X509Certificate(block.text)));
    } catch {
      return problem(subject, `${path} has a certificate that cannot be read`, 'replace it by a certificate in PEM');
    }
  }
  return ok(all);
}

/** The certificate of the key, its issuer, the issuer of that, and so on; null: none is of the key. */
function orderChain(all: readonly X509Certificate[], key: KeyObject): readonly X509Certificate[] | null {
  const own = all.find((one) => one.checkPrivateKey(key));
  if (!own) return null;
  const chain = [own];
  for (let last = own; ; ) {
    const issuer = all.find((one) => !chain.includes(one) && last.checkIssued(one) && last.verify(one.publicKey));
    if (!issuer) return chain;
    chain.push(issuer);
    last = issuer;
  }
}

/**
 * Why OpenSSL refuses key and certificate, with the rules of HAProxy's defaults in Debian (security level 2): HAProxy does not start
 * with a certificate that it refuses. Null: it accepts them.
 */
function refusalOf(cert: string, key: string): string | null {
  try {
    createSecureContext({ cert, key, ciphers: 'DEFAULT@SECLEVEL=2' });
    return null;
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return `OpenSSL refuses it (${code.replace('ERR_SSL_', '').replaceAll('_', ' ').toLowerCase()})`;
  }
}

function remarksOn(
  all: readonly X509Certificate[],
  ordered: readonly X509Certificate[],
): readonly Omit<Problem, 'subject'>[] {
  const unused = all.length - ordered.length;
  if (unused > 0) {
    const what = `${unused} of its ${all.length} certificates do not belong to the chain, and are left out`;
    return [{ what, hint: 'replace the chain by the one of its issuer' }];
  }
  if (all.some((one, index) => one !== ordered[index])) {
    const what = 'its chain is in the wrong order; Drover serves it in the right one';
    return [{ what, hint: 'no action needed' }];
  }
  // Certificates of public authorities name where the issuer's can be downloaded.
  if (all.length === 1 && /CA Issuers/.test(all[0]?.infoAccess ?? '')) {
    const what = 'it has no intermediate certificate, so many clients do not trust it';
    return [{ what, hint: "use the authority's full chain, such as `fullchain.pem`" }];
  }
  return [];
}

function describe(
  [own, ...issuers]: readonly X509Certificate[],
  key: KeyObject,
  chainText: string,
): ParsedCertificate['about'] {
  if (!own) throw new Error('a chain has at least one certificate');
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  return {
    names: namesOf(own),
    notBeforeMs: own.validFromDate.getTime(),
    notAfterMs: own.validToDate.getTime(),
    keyType: [key.asymmetricKeyType, modulusLength ?? namedCurve].filter((part) => part !== undefined).join(' '),
    fingerprint: own.fingerprint.replaceAll(':', ''),
    chainLength: issuers.length,
    version: createHash('sha256').update(chainText).digest('hex'),
  };
}

/** `DNS:a.test, IP Address:192.0.2.1`; without any, the common name. */
function namesOf(certificate: X509Certificate): readonly string[] {
  const alternative = [...(certificate.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,"\s]+)/g)];
  const common = /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  const names = alternative.map(([, name = '']) => name.toLowerCase());
  return names.length > 0 ? names : [common ?? []].flat();
}
