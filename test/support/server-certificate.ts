import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../system/index.ts';

/** Texts in PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface ServerCertificateOptions {
  /** Host names; none: only the common name. */
  readonly names?: readonly string[];
  /** Default: an EC key. */
  readonly rsaBits?: number;
  /** Who signs it. Default: itself. */
  readonly issuer?: ServerCertificate;
  /** May sign others. */
  readonly isAuthority?: boolean;
  /** Of the signature. Default: `sha256`. */
  readonly digest?: string;
  /** Further lines of openssl's extensions. */
  readonly extensions?: readonly string[];
}

/** A certificate for a server, made with openssl, valid for two days. */
export async function serverCertificate(
  subject: string,
  {
    names = [],
    rsaBits,
    issuer,
    isAuthority = false,
    digest = 'sha256',
    extensions = [],
  }: ServerCertificateOptions = {},
): Promise<ServerCertificate> {
  const dir = await mkdtemp(join(tmpdir(), 'certificate-'));
  const file = (name: string): string => join(dir, name);
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(file(name), text);
    return file(name);
  };
  const kind = rsaBits ? [`rsa:${rsaBits}`] : ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const lines = [
    `basicConstraints=critical,CA:${isAuthority ? 'TRUE' : 'FALSE'}`,
    ...(names.length > 0 ? [`subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`] : []),
    ...extensions,
  ];
  try {
    const request = ['-new', '-newkey', ...kind, '-nodes', '-subj', `/CN=${subject}`, '-keyout', file('key')];
    await runCommand('openssl', ['req', ...request, '-out', file('csr')], { timeoutMs: 60_000 });
    const signer = issuer
      ? ['-CA', await write('ca', issuer.cert), '-CAkey', await write('ca.key', issuer.key), '-CAcreateserial']
      : ['-signkey', file('key')];
    const sign = [
      '-req',
      `-${digest}`,
      '-in',
      file('csr'),
      ...signer,
      '-days',
      '2',
      '-extfile',
      await write('ext', lines.join('\n')),
    ];
    await runCommand('openssl', ['x509', ...sign, '-out', file('cert')]);
    return { cert: await readFile(file('cert'), 'utf8'), key: await readFile(file('key'), 'utf8') };
  } finally {
    await rm(dir, { recursive: true });
  }
}
