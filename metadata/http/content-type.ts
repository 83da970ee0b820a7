import type { Format } from './negotiate.ts';

const TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; charset=utf-8',
  json: 'application/json',
  yaml: 'application/yaml',
};

/** The media type of a format. */
export function contentTypeOf(format: Format): string {
  return TYPES[format];
}

const SIGNATURES: readonly (readonly [prefix: string, type: string])[] = [
  ['%PDF-', 'application/pdf'],
  ['%!PS-Adobe-', 'application/postscript'],
  ['\ufeff', 'text/plain; charset=utf-8'],
  ['GIF87a', 'image/gif'],
  ['GIF89a', 'image/gif'],
  ['PK\x03\x04', 'application/zip'],
  ['OggS\0', 'application/ogg'],
];

const HTML_TAGS =
  /^[\t\n\f\r ]*(<(!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P)[ >]|<!--)/i;

/** The type the original sent, which its HTTP library guessed from the body. Null when the body is empty: no type. */
export function sniffContentType(body: string): string | null {
  if (body === '') return null;
  const head = body.slice(0, 512);
  if (HTML_TAGS.test(head)) return 'text/html; charset=utf-8';
  if (/^[\t\n\f\r ]*<\?xml/.test(head)) return 'text/xml; charset=utf-8';
  const signature = SIGNATURES.find(([prefix]) => head.startsWith(prefix));
  if (signature) return signature[1];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters mark a binary body.
  return /[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(head) ? 'application/octet-stream' : 'text/plain; charset=utf-8';
}
