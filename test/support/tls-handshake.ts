import { once } from 'node:events';
import { connect } from 'node:tls';

export interface Handshake {
  readonly servername?: string;
  readonly sigalgs?: string;
}

/** The common name of the certificate that a server on this host shows; `refused` if it does not. */
export async function handshake(port = 0, options: Handshake = {}): Promise<string> {
  const client = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
  try {
    await once(client, 'secureConnect');
    return String(client.getPeerCertificate().subject.CN);
  } catch {
    return 'refused';
  } finally {
    client.destroy();
  }
}
