const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t' };
const LITERAL = ' \\#\'"$';

/**
 * The words of a line as HAProxy reads its configuration: blanks separate, both kinds of quotes group, a backslash escapes,
 * `#` begins a comment. Null when a quote is not closed or an escape is not valid. Variables of the environment are not replaced.
 */
export function splitWords(line: string): readonly string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const char = line[at] as string;
    if (quote === '' && isBlank(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (quote === '' && char === '#') {
      break;
    } else if (char === quote || (quote === '' && (char === '"' || char === "'"))) {
      quote = quote === '' ? char : '';
      word ??= '';
    } else if (char === '\\' && quote !== "'") {
      const found = readEscape(line.slice(at + 1, at + 4));
      if (found === null) return null;
      word = (word ?? '') + found.text;
      at += found.length;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') return null;
  return word === null ? words : [...words, word];
}

const isBlank = (char: string): boolean => char === ' ' || char === '\t' || char === '\r' || char === '\n';

/**
 * What follows a backslash, and how many characters of it belong to the escape. Other combinations are not escapes; null for
 * `\x` without two hexadecimal digits.
 */
function readEscape(rest: string): { readonly text: string; readonly length: number } | null {
  const next = rest[0] ?? '';
  if (next === 'x') {
    const hex = /^x([0-9a-f]{2})/i.exec(rest)?.[1];
    return hex === undefined ? null : { text: String.fromCharCode(Number.parseInt(hex, 16)), length: 3 };
  }
  const text = ESCAPES[next] ?? (next !== '' && LITERAL.includes(next) ? next : null);
  return text === null ? { text: '\\', length: 0 } : { text, length: 1 };
}
