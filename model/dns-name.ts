import { ok, problem, type Result } from './result.ts';

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
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  if (bare === '') return problem(subject, 'is empty', 'write a name such as www.example.com');
  if (bare.length > MAX_NAME_LENGTH) {
    return problem(subject, `has ${bare.length} characters`, `shorten it to ${MAX_NAME_LENGTH} or fewer`);
  }
  for (const label of bare.split('.')) {
    const fault = labelFault(label);
    if (fault) return problem(subject, fault.what, fault.hint);
  }
  return ok(`${bare.toLowerCase()}.`);
}

/** Puts labels (or a relative name) in front of a canonical name: `dnsNameUnder(['web', 'shop'], 'rancher.internal.')`. */
export function dnsNameUnder(labels: readonly string[], parent: DnsName): Result<DnsName> {
  return parseDnsName([...labels, parent].join('.'));
}

/** Labels from left to right, without the root. */
export function dnsNameLabels(name: DnsName): readonly string[] {
  return name.slice(0, -1).split('.');
}

function labelFault(label: string): { what: string; hint: string } | null {
  if (label === '') return { what: 'has an empty label', hint: 'remove the doubled or leading dot' };
  if (label.length > MAX_LABEL_LENGTH) {
    return {
      what: `has a label of ${label.length} characters`,
      hint: `shorten each part to ${MAX_LABEL_LENGTH} or fewer`,
    };
  }
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
