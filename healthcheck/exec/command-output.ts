const HEADER_BYTES = 8;
const MAX_LINE_CHARS = 120;

/** The first line of what a command has written, for people: short, and without control characters. Empty if there is none. */
export function firstLine(output: Buffer): string {
  const text = new TextDecoder().decode(payloadOf(output));
  const lines = text.split(/[\r\n]+/).map(readable);
  return (lines.find((line) => line !== '') ?? '').slice(0, MAX_LINE_CHARS).toWellFormed();
}

/** Docker sends stdout and stderr in frames: stream, three zeros, size, payload. The last one may be cut short. */
function payloadOf(output: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + HEADER_BYTES <= output.length; ) {
    const begin = at + HEADER_BYTES;
    at = begin + output.readUInt32BE(at + 4);
    parts.push(output.subarray(begin, at));
  }
  return Buffer.concat(parts);
}

/** Without colours (ECMA-48 sequences) and other control characters. */
function readable(line: string): string {
  return line
    .replaceAll(/\p{Cc}\[[0-?]*[ -/]*[@-~]/gu, '')
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
}
