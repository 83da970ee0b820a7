import type { Certificate } from './certificate.ts';
import type { LoadedCertificate, LoadedCertificates } from './loaded.ts';

/** One change of the certificates of the running HAProxy, without a reload. */
export type CertificateChange =
  | {
      /** Gives HAProxy what the private copy has. `add`: to the list of all certificates, too. */
      readonly kind: 'renew certificate' | 'add certificate';
      readonly certificate: Certificate;
      /** HAProxy has no certificate of this file yet. */
      readonly isNew: boolean;
    }
  | { readonly kind: 'remove certificate'; readonly file: string };

/**
 * What makes the running HAProxy have the wanted certificates. A certificate that no listener uses is left alone. One that a listener
 * names is not added or removed: that is another configuration.
 */
export function planCertificates(
  wanted: ReadonlyMap<string, Certificate>,
  { files, listed }: LoadedCertificates,
): readonly CertificateChange[] {
  const changes = [...wanted.values()].flatMap((certificate): readonly CertificateChange[] => {
    const loaded = files.get(certificate.file);
    if (loaded?.refused === certificate.version) return [];
    const isNew = loaded === undefined;
    if (listed && !listed.has(certificate.file)) return [{ kind: 'add certificate', certificate, isNew }];
    if (isNew || isSame(certificate, loaded)) return [];
    return [{ kind: 'renew certificate', certificate, isNew }];
  });
  const kept = new Set([...wanted.values()].map(({ file }) => file));
  const gone = [...(listed ?? [])].filter((file) => !kept.has(file));
  return [...changes, ...gone.map((file) => ({ kind: 'remove certificate', file }) as const)];
}

/** HAProxy drops an OCSP response that it does not accept, and does not tell which one it has. */
function isSame(certificate: Certificate, loaded: LoadedCertificate): boolean {
  if (loaded.fingerprint !== certificate.fingerprint || loaded.chainLength !== certificate.chainLength) return false;
  return loaded.version === certificate.version || (certificate.ocspFile === null && !loaded.hasOcsp);
}
