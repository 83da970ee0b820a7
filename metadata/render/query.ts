/** Escapes as in a query: letters, digits and `-_.~` stay, a space is `+`, the rest is `%XX` of its UTF-8 bytes. */
export function queryEscape(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** Undoes `%XX` in a string of bytes (one char a byte); null when an escape is broken. */
export function percentDecode(bytes: string): string | null {
  if (/%(?![0-9a-fA-F]{2})/.test(bytes)) return null;
  return bytes.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Undoes `%XX` and `+`; bytes in, UTF-8 text out; null when an escape is broken. */
export function queryUnescape(bytes: string): string | null {
  const decoded = percentDecode(bytes.replaceAll('+', ' '));
  return decoded === null ? null : bytesToText(decoded);
}

/** Reads a string of bytes as UTF-8; broken sequences become U+FFFD. */
export function bytesToText(bytes: string): string {
  return /[\x80-\xff]/.test(bytes) ? new TextDecoder().decode(toBytes(bytes)) : bytes;
}

function toBytes(bytes: string): Uint8Array {
  return Uint8Array.from(bytes, (char) => char.charCodeAt(0));
}

/** The first value of each parameter. A pair with a broken escape is left out, as in Go. */
export function parseQuery(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const key = queryUnescape(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : queryUnescape(pair.slice(equals + 1));
    if (key !== null && value !== null && !parameters.has(key)) parameters.set(key, value);
  }
  return parameters;
}
