/** Writes the 4 bytes of an IPv4 address; false if the text is not one. */
export function writeIpv4(text: string, bytes: Uint8Array, start: number): boolean {
  let value = -1;
  let at = start;
  for (let n = 0; n <= text.length; n += 1) {
    const code = n === text.length ? DOT : text.charCodeAt(n);
    if (code === DOT) {
      if (value < 0 || at >= start + 4) return false;
      bytes[at] = value;
      at += 1;
      value = -1;
      continue;
    }
    const digit = code - ZERO;
    value = value < 0 ? digit : value * 10 + digit;
    if (digit < 0 || digit > 9 || value > 255) return false;
  }
  return at === start + 4;
}

/** Writes the 16 bytes of an IPv6 address; false if the text is not one or ends in an IPv4 address. */
export function writeIpv6(text: string, bytes: Uint8Array, start: number): boolean {
  const gapAt = text.indexOf('::');
  bytes.fill(0, start, start + 16);
  if (gapAt < 0) return writeGroups(text, 0, text.length, bytes, start) === 8;
  const before = gapAt === 0 ? 0 : writeGroups(text, 0, gapAt, bytes, start);
  const size = text.length - gapAt - 2;
  const after = size === 0 ? 0 : groupsIn(text, gapAt + 2);
  if (before < 0 || before + after > 7) return false;
  return size === 0 || writeGroups(text, gapAt + 2, text.length, bytes, start + 16 - after * 2) === after;
}

/** Writes hexadecimal groups separated by colons; returns their number, or -1. Never writes more than 8. */
function writeGroups(text: string, from: number, end: number, bytes: Uint8Array, start: number): number {
  let groups = 0;
  let value = 0;
  let digits = 0;
  for (let n = from; n <= end; n += 1) {
    const code = n === end ? COLON : text.charCodeAt(n);
    if (code !== COLON) {
      const digit = hexDigit(code);
      digits += 1;
      if (digit < 0 || digits > 4) return -1;
      value = value * 16 + digit;
      continue;
    }
    if (digits === 0 || groups === 8) return -1;
    bytes[start + groups * 2] = value >> 8;
    bytes[start + groups * 2 + 1] = value;
    groups += 1;
    value = 0;
    digits = 0;
  }
  return groups;
}

function groupsIn(text: string, from: number): number {
  let groups = 1;
  for (let n = from; n < text.length; n += 1) if (text.charCodeAt(n) === COLON) groups += 1;
  return groups;
}

function hexDigit(code: number): number {
  if (code >= ZERO && code <= ZERO + 9) return code - ZERO;
  const letter = code | 0x20;
  return letter >= LETTER_A && letter <= LETTER_A + 5 ? letter - LETTER_A + 10 : -1;
}

const DOT = 46;
const ZERO = 48;
const COLON = 58;
const LETTER_A = 97;
