import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../system/index.ts';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority for a test, made with openssl. */
export interface Authority extends Certificate {
  /** A certificate for server and client use, valid for these IP addresses. */
  issue(name: string, addresses: readonly string[]): Promise<Certificate>;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export async function createAuthority(dir: string, name: string): Promise<Authority> {
  const file = (what: string, kind: string) => join(dir, `${what}-${kind}.pem`);
  const ca = { cert: file(name, 'ca-cert'), key: file(name, 'ca-key') };
  const openssl = (args: readonly string[]) => runCommand('openssl', args);
  await openssl(['req', '-x509', ...KEY, '-days', '2', '-subj', `/CN=${name}`, '-keyout', ca.key, '-out', ca.cert]);
  return {
    ...ca,
    issue: async (subject, addresses) => {
      const made = { cert: file(subject, 'cert'), key: file(subject, 'key') };
      const [request, extensions] = [file(subject, 'request'), join(dir, `${subject}.ext`)];
      const names = addresses.map((address) => `IP:${address}`).join(',');
      const lines = ['extendedKeyUsage=serverAuth,clientAuth', ...(names ? [`subjectAltName=${names}`] : [])];
      await writeFile(extensions, lines.join('\n'));
      await openssl(['req', '-new', ...KEY, '-subj', `/CN=${subject}`, '-keyout', made.key, '-out', request]);
      const signing = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-days', '2', '-extfile', extensions];
      await openssl(['x509', '-req', '-in', request, ...signing, '-out', made.cert]);
      return made;
    },
  };
}
