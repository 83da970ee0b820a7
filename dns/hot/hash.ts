/** FNV-1a of a text, as a signed 32-bit number. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** Mixes all bits into the low ones, for a table whose size is a power of two. */
export function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

/** Continues the hash of a name with four bytes of its wire form in lower case. */
export function mix(mixed: number, four: number): number {
  const hash = Math.imul(mixed ^ four, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}

/** The hash of an entry, from the hash of its name and its owner (scope and type). */
export function hashOf(mixed: number, owner: number): number {
  return mix(mixed, Math.imul(owner, 0x9e3779b1));
}
