import { type ExactJson, formatExactJson, parseExactJson } from '../../../model/index.ts';

/**
 * A JSON list of native documents, as `drover get --json` prints, becomes one text with several documents. Any other text is
 * returned as it is.
 */
export function splitJsonList(text: string): string {
  if (!/^\s*\[\s*[{\]]/.test(text)) return text;
  const list = parsed(text);
  if (!Array.isArray(list) || !list.every(isNative)) return text;
  return list.length === 0 ? '# nothing' : list.map((document) => formatExactJson(document)).join('\n---\n');
}

function parsed(text: string): ExactJson {
  try {
    return parseExactJson(text);
  } catch {
    return null;
  }
}

function isNative(document: ExactJson): boolean {
  return document instanceof Map && document.has('stack');
}
