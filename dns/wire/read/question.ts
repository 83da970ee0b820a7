export interface QuestionShape {
  /** Case as sent, no trailing dot, '' for the root. A dot or backslash within a label is written `\.` and `\\`. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Offset after the question. */
  readonly end: number;
}

const MAX_LABEL = 63;
const MAX_NAME = 255;

/** The first question of a message; null if it is broken. Its name cannot be compressed: no name precedes it. */
export function questionAt(bytes: Buffer, start: number): QuestionShape | null {
  const end = skipLabels(bytes, start);
  if (end < 0 || bytes[end] !== 0 || end + 5 > bytes.length) return null;
  return {
    name: textOf(bytes, start),
    type: bytes.readUInt16BE(end + 1),
    class: bytes.readUInt16BE(end + 3),
    end: end + 5,
  };
}

/** The offset after a name, without following pointers; -1 if it is broken [RFC 1035 §4.1.4]. */
export function skipName(bytes: Buffer, start: number): number {
  const end = skipLabels(bytes, start);
  if (end < 0 || bytes[end] === 0) return end < 0 ? -1 : end + 1;
  return end + 2 <= bytes.length && isBackwards(bytes, end) ? end + 2 : -1;
}

/** The offset of the root byte or pointer that ends the labels at `start`; -1 if they are broken. */
function skipLabels(bytes: Buffer, start: number): number {
  let at = start;
  for (let length = bytes[at]; length !== 0; length = bytes[at]) {
    if (length === undefined) return -1;
    if (length >= 0xc0) return at;
    at += length + 1;
    // The root byte follows and counts too.
    if (length > MAX_LABEL || at - start >= MAX_NAME) return -1;
  }
  return at;
}

function isBackwards(bytes: Buffer, at: number): boolean {
  const target = bytes.readUInt16BE(at) & 0x3fff;
  return target >= 12 && target < at;
}

/** The text of a valid, uncompressed name. */
function textOf(bytes: Buffer, start: number): string {
  let text = '';
  let at = start;
  for (let length = bytes[at] ?? 0; length !== 0; length = bytes[at] ?? 0) {
    const label = bytes.toString('latin1', at + 1, at + 1 + length);
    const plain = label.includes('.') || label.includes('\\') ? label.replace(/[.\\]/g, '\\$&') : label;
    text = text === '' ? plain : `${text}.${plain}`;
    at += length + 1;
  }
  return text;
}
