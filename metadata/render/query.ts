/** Escapes as in a query: keeps letters, digits and `-_.~`, writes a space as `+` and the rest as `%XX` of its UTF-8 bytes. */
export function queryEscape(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** Decodes `%XX` in a string of bytes (one character per byte). Null when an escape is malformed. */
export function percentDecode(bytes: string): string | null {
  if (/%(?![0-9a-fA-F]{2})/.test(bytes)) return null;
  return bytes.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Decodes `%XX` and `+` in a string of bytes, and reads the result as UTF-8. Null when an escape is malformed. */
export function queryUnescape(bytes: string): string | null {
  const decoded = percentDecode(bytes.replaceAll('+', ' '));
  return decoded === null ? null : bytesToText(decoded);
}

/** Reads a string of bytes as UTF-8. Malformed sequences become U+FFFD. */
export function bytesToText(bytes: string): string {
  return /[\x80-\xff]/.test(bytes) ? new TextDecoder().decode(toBytes(bytes)) : bytes;
}

function toBytes(bytes: string): Uint8Array {
  return Uint8Array.from(bytes, (char) => char.charCodeAt(0));
}

/** The first value of each parameter. Pairs with a malformed escape are left out, as in Go. */
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
