import type { ListenerCertificates } from '../table/table.ts';
import { listEntry } from './quote.ts';
import type { RenderSettings } from './rendered-config.ts';

export interface CertificateList {
  /** A crt-list. HAProxy takes the first certificate for unknown names. Empty: there is no certificate. */
  readonly text: string;
  readonly hasDefault: boolean;
  /** Names without a certificate. */
  readonly missing: readonly string[];
}

export function certificateList(
  { names, default: first }: ListenerCertificates,
  certificates: RenderSettings['certificates'],
): CertificateList {
  const wanted = new Set([...(first === null ? [] : [first]), ...(names.length > 0 ? names : certificates.keys())]);
  const files = [...wanted].flatMap((name) => certificates.get(name)?.file ?? []);
  return {
    text: [...new Set(files)].map(listEntry).join(''),
    hasDefault: first !== null && certificates.has(first),
    missing: [...wanted].filter((name) => !certificates.has(name)),
  };
}
