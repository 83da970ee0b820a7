/** A message in TCP framing: its length, then the message [RFC 1035 §4.2.2]. */
export function frame(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(message.length + 2);
  framed.writeUInt16BE(message.length, 0);
  message.copy(framed, 2);
  return framed;
}

/** Assembles chunks into complete messages. */
export function createFrameReader(onMessage: (message: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer[] = [];
  let size = 0;
  return (chunk) => {
    rest.push(chunk);
    size += chunk.length;
    // Concatenates only complete messages, so that single-byte chunks do not cost quadratic time.
    if (size < needed(rest)) return;
    let all = Buffer.concat(rest);
    while (all.length >= 2 && all.length >= 2 + all.readUInt16BE(0)) {
      const end = 2 + all.readUInt16BE(0);
      onMessage(all.subarray(2, end));
      all = all.subarray(end);
    }
    rest = all.length > 0 ? [all] : [];
    size = all.length;
  };
}

function needed(chunks: readonly Buffer[]): number {
  const high = chunks[0]?.[0];
  const low = chunks[0]?.[1] ?? chunks[1]?.[0];
  return high === undefined || low === undefined ? 2 : 2 + high * 256 + low;
}
