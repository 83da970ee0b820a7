/** A certificate that HAProxy can use. Its private key is only in `file`. */
export interface Certificate {
  /** What load balancers call it. */
  readonly name: string;
  /** Private copy of key and chain, in one file, mode 0600. */
  readonly file: string;
  /** DNS names and addresses that it is for, such as `example.com`, `*.example.com`, `192.0.2.1`. */
  readonly names: readonly string[];
  /** Milliseconds since the epoch. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** `rsa 2048`, `ec prime256v1`, `ed25519`. */
  readonly keyType: string;
  /** SHA-1 of the certificate, upper-case hex, as in HAProxy's `show ssl cert`. */
  readonly fingerprint: string;
  /** Certificates in the file besides the first one. */
  readonly chainLength: number;
  /** Path of the private copy of its OCSP response; null: none. */
  readonly ocspFile: string | null;
  /** Hash of certificates and OCSP response: changes with every renewal. */
  readonly version: string;
}
