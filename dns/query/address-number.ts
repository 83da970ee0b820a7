/** An IPv4 address as an unsigned number, big-endian; 0 for any other text. */
export function addressNumber(text: string): number {
  let number = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at === text.length ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || octet > 255) return 0;
      number = number * 256 + octet;
      dots += 1;
      octet = 0;
      digits = 0;
    } else {
      if (code < ZERO || code > ZERO + 9 || digits === 3) return 0;
      octet = octet * 10 + code - ZERO;
      digits += 1;
    }
  }
  return dots === 4 ? number : 0;
}

const DOT = 46;
const ZERO = 48;

/** The text of an address given as `addressNumber` has it. */
export function addressText(number: number): string {
  return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
}
