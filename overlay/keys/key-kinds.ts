import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';

/** One form of private keys: how a new one is made, and how the public key is derived. */
export interface KeyKind {
  /** For messages: `WireGuard`. */
  readonly title: string;
  /** The text of a new private key, as its file holds it. */
  generate(): string;
  /** As hosts publish it (`TunnelEnd.publicKey`); null: the text is not such a private key. */
  publicKeyOf(privateKey: string): string | null;
}

const KEY_BYTES = 32;
/** What precedes the 32 bytes of a private X25519 key in its PKCS #8 form [RFC 8410 §7]. */
const X25519_PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** X25519, as `wg genkey` prints it: 32 bytes in base64. */
export const wireguardKeys: KeyKind = {
  title: 'WireGuard',
  generate: () => {
    const { privateKey } = generateKeyPairSync('x25519');
    return `${privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-KEY_BYTES).toString('base64')}\n`;
  },
  publicKeyOf: (privateKey) => {
    const bytes = parseWireguardKey(privateKey.trim());
    if (bytes === null) return null;
    const key = createPrivateKey({ key: Buffer.concat([X25519_PKCS8, bytes]), format: 'der', type: 'pkcs8' });
    return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES).toString('base64');
  },
};

/** Ed25519: PEM of PKCS #8; the public key is base64 of its DER form (SPKI). */
export const ed25519Keys: KeyKind = {
  title: 'Ed25519',
  generate: () => generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  publicKeyOf: (privateKey) => {
    try {
      const key = createPublicKey(createPrivateKey(privateKey));
      return key.asymmetricKeyType === 'ed25519'
        ? key.export({ format: 'der', type: 'spki' }).toString('base64')
        : null;
    } catch {
      return null;
    }
  },
};

/** The 32 bytes of a WireGuard key in canonical base64; null for anything else. */
export function parseWireguardKey(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === KEY_BYTES && bytes.toString('base64') === text ? bytes : null;
}
