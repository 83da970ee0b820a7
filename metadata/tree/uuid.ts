import { hash } from 'node:crypto';

/** A UUID of version 8 [RFC 9562 §5.8] derived from a name: the same on every host and after every restart. */
export function uuidOf(...parts: readonly string[]): string {
  return formatUuid(hash('sha1', JSON.stringify(parts), 'buffer'));
}

/** Sixteen bytes as a UUID of version 8. */
export function formatUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, 16)).toString('hex');
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
