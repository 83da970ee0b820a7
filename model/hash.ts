/** A 32-bit hash with an even spread: FNV-1a with a final mix. Every host must compute the same value. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // UTF-8, whose bytes are the characters of ASCII.
    if (code > 0x7f) return mix(hashOf(hash, new TextEncoder().encode(text.slice(at))));
    hash = step(hash, code);
  }
  return mix(hash);
}

const step = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193);

const hashOf = (start: number, bytes: Uint8Array): number => bytes.reduce(step, start);

function mix(from: number): number {
  let hash = from;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
