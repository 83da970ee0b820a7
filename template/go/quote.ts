const NAMED: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** What Go calls printable: letters, marks, numbers, punctuation, symbols, and the space. */
function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
}

/** Text in quotes as Go's `%q` writes it. `ascii`: other characters are escaped. */
export function quoted(text: string, { quote, ascii }: { readonly quote: '"' | "'"; readonly ascii: boolean }): string {
  const escaped = [...text.toWellFormed()].map((character) => {
    if (character === quote) return `\\${quote}`;
    const named = NAMED[character];
    if (named !== undefined) return named;
    const code = character.codePointAt(0) ?? 0;
    if (isPrintable(character) && (!ascii || code < 0x80)) return character;
    if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
  return `${quote}${escaped.join('')}${quote}`;
}

/** Whether `%#q` can write the text between back quotes. */
export function fitsBackquotes(text: string): boolean {
  return [...text].every((character) => {
    const code = character.codePointAt(0) ?? 0;
    return character === '\t' || (code >= 0x20 && code !== 0x7f && character !== '`' && code !== 0xfeff);
  });
}

function hex(code: number, width: number): string {
  return code.toString(16).padStart(width, '0');
}

/** Go's `html`. */
export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '\0': '\ufffd',
    '"': '&#34;',
    "'": '&#39;',
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
  };
  return text.replace(/[\0"'&<>]/g, (character) => names[character] ?? character);
}

/** Go's `js`. */
export function escapeJs(text: string): string {
  const escaped = [...text].map((character) => {
    const code = character.codePointAt(0) ?? 0;
    if ('\\\'"'.includes(character)) return `\\${character}`;
    if ('<>&='.includes(character) || code < 0x20) return `\\u${hex(code, 4).toUpperCase()}`;
    return code < 0x80 || isPrintable(character) ? character : `\\u${hex(code, 4).toUpperCase()}`;
  });
  return escaped.join('');
}

/** Go's `urlquery`. */
export function escapeQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (character) => `%${hex(character.charCodeAt(0), 2).toUpperCase()}`)
    .replaceAll('%20', '+');
}
