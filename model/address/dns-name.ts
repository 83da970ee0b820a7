import { ok, problem, type Result } from '../problem/result.ts';

/**
 * A DNS name in the one form used everywhere: lower case, absolute, trailing dot (`web.shop.rancher.internal.`).
 * Only ASCII letters are folded, so that two names are equal here exactly when they are equal on the wire.
 */
export type DnsName = string;

/** Longest name as text without the trailing dot; 255 octets on the wire [RFC 1035 §2.3.4]. */
const MAX_NAME_LENGTH = 253;
const MAX_LABEL_LENGTH = 63;
/** Underscores because service and container names have them; no leading hyphen because glibc refuses such names. */
const LABEL = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;

/** Parses a name in any case, with or without trailing dot, into its canonical form. */
export function parseDnsName(text: string): Result<DnsName> {
  const subject = `name ${quote(text)}`;
  const bare = withoutDot(text);
  if (bare === '') return problem(subject, 'is empty', 'write a name such as www.example.com');
  const sized = checkLengths(text);
  if (!sized.ok) return sized;
  for (const label of bare.split('.')) {
    const fault = characterFault(label);
    if (fault) return problem(subject, fault.what, fault.hint);
  }
  return ok(`${bare.toLowerCase()}.`);
}

/** Whether a query can ask for the name: with any characters, but neither too long nor with an empty label [RFC 1035 §2.3.4]. */
export function checkLengths(text: string): Result<string> {
  const subject = `name ${quote(text)}`;
  const bare = withoutDot(text);
  if (bare.length > MAX_NAME_LENGTH) {
    return problem(subject, `has ${bare.length} characters`, `shorten it to ${MAX_NAME_LENGTH} or fewer`);
  }
  const labels = bare === '' ? [] : bare.split('.');
  if (labels.includes('')) return problem(subject, 'has an empty label', 'remove the doubled or leading dot');
  const long = labels.find(({ length }) => length > MAX_LABEL_LENGTH);
  if (long === undefined) return ok(text);
  return problem(
    subject,
    `has a label of ${long.length} characters`,
    `shorten each part to ${MAX_LABEL_LENGTH} or fewer`,
  );
}

function withoutDot(text: string): string {
  return text.endsWith('.') ? text.slice(0, -1) : text;
}

/** Puts labels (or a relative name) in front of a canonical name: `dnsNameUnder(['web', 'shop'], 'rancher.internal.')`. */
export function dnsNameUnder(labels: readonly string[], parent: DnsName): Result<DnsName> {
  return parseDnsName([...labels, parent].join('.'));
}

/** Labels from left to right, without the root. */
export function dnsNameLabels(name: DnsName): readonly string[] {
  return name.slice(0, -1).split('.');
}

function characterFault(label: string): { what: string; hint: string } | null {
  if (LABEL.test(label)) return null;
  if (label.startsWith('-')) return { what: 'has a label that begins with a hyphen', hint: 'begin it with a letter' };
  return {
    what: `has a character that names cannot have in ${quote(label)}`,
    hint: 'use letters a-z, digits, - and _ (international names in their xn-- form)',
  };
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
