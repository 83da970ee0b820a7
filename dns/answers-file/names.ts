import { formatReverseName, parseAddress } from '../../model/index.ts';

/** Longest name as text with its trailing dot [RFC 1035 §2.3.4]. */
const MAX_NAME_LENGTH = 254;
const MAX_LABEL_LENGTH = 63;

/** Why a key can never match a question; null: it can. Keys are compared as written: lower case, with the trailing dot. */
export function keyFault(key: string): string | null {
  if (!key.endsWith('.')) return 'does not end with a dot, so it never matches a question';
  if (key !== key.toLowerCase()) return 'has upper-case letters, so it never matches a question';
  return nameFault(key);
}

/** Why an absolute name is not a valid DNS name; null: it is valid. */
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

/** Adds the trailing dot if it is missing: the file may write targets and domains without it. */
export function absolute(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}

/** The name of a PTR key: the reverse name of an address, or the key itself. */
export function pointerKey(key: string): string {
  const address = parseAddress(key);
  return address.ok ? formatReverseName(address.value) : key;
}
