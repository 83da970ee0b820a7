import { X509Certificate } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { serverCertificate } from '../../server-certificate.ts';

/** Writes a new certificate for a name with its key, in one step, as a tool that renews it; gives its fingerprint (SHA-256). */
export async function writeCertificate(directory: string, host: string): Promise<string> {
  const { cert, key } = await serverCertificate(host, { names: [host] });
  const next = join(directory, `.${host}.new`);
  await writeFile(next, cert + key, { mode: 0o600 });
  await rename(next, join(directory, `${host}.pem`));
  return new X509Certificate(cert).fingerprint256;
}
