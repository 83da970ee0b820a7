import { formatReverseName, parseAddress } from '../../model/index.ts';

/** Longest name as text with its trailing dot [RFC 1035 §2.3.4]. */
const MAX_NAME_LENGTH = 254;
const MAX_LABEL_LENGTH = 63;

/**
 * What keeps a key from being found: names are compared as they stand, lower case and with the trailing dot. Null: nothing.
 * Called once a name, so by index.
 */
export function keyFault(key: string): string | null {
  if (!key.endsWith('.')) return 'does not end with a dot, so no question matches it';
  if (key !== key.toLowerCase()) return 'has upper-case letters, so no question matches it';
  return nameFault(key);
}

/** What keeps an absolute name from being a name; null: nothing. */
export function nameFault(name: string): string | null {
  if (name.length > MAX_NAME_LENGTH) return `has ${name.length - 1} characters, more than the 253 a name can have`;
  for (let at = 0; at < name.length; ) {
    const dot = name.indexOf('.', at);
    if (dot === at) return 'has an empty label';
    if (dot - at > MAX_LABEL_LENGTH) return `has a label of ${dot - at} characters, more than 63`;
    at = dot + 1;
  }
  return null;
}

/** `a.b` and `a.b.` are both `a.b.`: targets and domains are always absolute. */
export function absolute(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

/** A PTR key: an address stands for its reverse name, a name for itself. */
export function pointerKey(key: string): string {
  const address = parseAddress(key);
  return address.ok ? formatReverseName(address.value) : key;
}
