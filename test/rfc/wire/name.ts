/** Octets of each label, without the root. `\.`, `\\` and `\ddd` as in zone files [RFC 1035 §5.1]. */
export function labelsOf(text: string): readonly Buffer[] {
  if (text === '.' || text === '') return [];
  const labels: number[][] = [[]];
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at] ?? '';
    const escaped = /^\\(?:(\d{3})|(.))/.exec(text.slice(at));
    if (escaped) {
      labels.at(-1)?.push(escaped[1] ? Number(escaped[1]) : (escaped[2] ?? '').charCodeAt(0));
      at += escaped[0].length - 1;
    } else if (one === '.') labels.push([]);
    else labels.at(-1)?.push(one.charCodeAt(0));
  }
  if (labels.at(-1)?.length === 0) labels.pop();
  return labels.map((label) => Buffer.from(label));
}

/** The uncompressed wire form, without length checks, for tests that exceed the limits [RFC 1035 §3.1]. */
export function name(text: string): Buffer {
  return rawName(labelsOf(text));
}

export function rawName(labels: readonly Buffer[]): Buffer {
  return Buffer.concat([...labels.flatMap((label) => [Buffer.from([label.length]), label]), Buffer.from([0])]);
}

/** The text of a name, absolute, with its letter case. */
export function nameText(labels: readonly Buffer[]): string {
  return `${labels.map(labelText).join('.')}.`;
}

function labelText(label: Buffer): string {
  return [...label]
    .map((octet) => {
      const one = String.fromCharCode(octet);
      if (octet <= 0x20 || octet >= 0x7f) return `\\${String(octet).padStart(3, '0')}`;
      return one === '.' || one === '\\' ? `\\${one}` : one;
    })
    .join('');
}

/** A name of exactly this many octets in wire form, ending in `suffix`. */
export function nameOfSize(octets: number, suffix: string): Buffer {
  const end = labelsOf(suffix);
  const labels: Buffer[] = [];
  for (let rest = octets - rawName(end).length; rest > 0; ) {
    // A rest of one octet would be a label without a letter.
    const take = rest === 65 ? 63 : Math.min(rest, 64);
    labels.push(Buffer.alloc(take - 1, 'x'));
    rest -= take;
  }
  return rawName([...labels, ...end]);
}
