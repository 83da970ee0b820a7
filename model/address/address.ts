import { isIP } from 'node:net';
import { ok, problem, type Result } from '../problem/result.ts';

export type IpFamily = 4 | 6;

/** An IP address. `text` is canonical: dotted quad, or lower-case shortest IPv6 [RFC 5952]; equal addresses have equal texts. */
export interface Address {
  readonly family: IpFamily;
  readonly value: bigint;
  readonly text: string;
}

const DOT = 46;
const ZERO = 48;

/** Parses IPv4 or IPv6 text. Refuses zones (`fe80::1%eth0`), which have a meaning on one machine only. */
export function parseAddress(text: string): Result<Address> {
  const family = isIP(text);
  if (text.includes('%')) {
    return problem(`address ${quote(text)}`, 'has a zone', 'write an address that is valid on every host');
  }
  // IPv4 text has one form only.
  if (family === 4) return ok({ family, value: valueOf4(text), text });
  if (family === 6) return ok(addressOf(6, valueOf6(text)));
  return problem(`address ${quote(text)}`, 'is not an IP address', 'write it like 10.0.0.5 or fd00::5');
}

/** Canonical text; null if the text is not an address. */
export function canonicalAddress(text: string): string | null {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value.text : null;
}

/**
 * The canonical text of an address; `10.1.2.3` for `::ffff:10.1.2.3`, which a dual-stack socket reports. Other text stays as
 * it is.
 */
export function plainAddress(text: string): string {
  // Called for every packet. IPv4 text has one form only.
  if (isIP(text) === 4) return text;
  const parsed = parseAddress(text);
  if (!parsed.ok) return text;
  return isMapped(parsed.value.value) ? format4(parsed.value.value & 0xffffffffn) : parsed.value.text;
}

/** The address with this number; `value` must fit the family. */
export function addressOf(family: IpFamily, value: bigint): Address {
  return { family, value, text: family === 4 ? format4(value) : format6(value) };
}

/** Without a list of parts: a host parses thousands of addresses at once. */
function valueOf4(text: string): bigint {
  let value = 0;
  let part = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      value = value * 256 + part;
      part = 0;
    } else part = part * 10 + code - ZERO;
  }
  return BigInt(value * 256 + part);
}

function valueOf6(text: string): bigint {
  const [head = '', tail] = withHexTail(text).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

/** `::ffff:10.0.0.1` -> `::ffff:a00:1`. */
function withHexTail(text: string): string {
  if (!text.includes('.')) return text;
  const cut = text.lastIndexOf(':') + 1;
  const value = valueOf4(text.slice(cut));
  return `${text.slice(0, cut)}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

function format4(value: bigint): string {
  const number = Number(value);
  return `${number >>> 24}.${(number >>> 16) & 0xff}.${(number >>> 8) & 0xff}.${number & 0xff}`;
}

function format6(value: bigint): string {
  if (isMapped(value)) return `::ffff:${format4(value & 0xffffffffn)}`;
  const groups = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) => (value >> shift) & 0xffffn);
  const { start, length } = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** IPv4 inside IPv6 [RFC 4291 §2.5.5.2]. */
function isMapped(value: bigint): boolean {
  return value >> 32n === 0xffffn;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly bigint[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== 0n) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  });
  return best;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
