/** The words of a line as HAProxy reads them, or null if it cannot be said without HAProxy. */
export function wordsOf(line: string): readonly string[] | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: nobody can see what such a line does.
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(line)) return null;
  const words: string[] = [];
  let rest = line.trimStart();
  while (rest !== '' && !rest.startsWith('#')) {
    const found = WORD.exec(rest)?.[0];
    if (found === undefined) return null;
    words.push(found.replaceAll(PIECE, unquote));
    rest = rest.slice(found.length);
    if (rest !== '' && !/^\s/.test(rest) && !rest.startsWith('#')) return null;
    rest = rest.trimStart();
  }
  return words;
}

/** A text in single quotes, in double quotes (without variables), after a backslash (not one that means a control character), or plain. */
const PIECE = /'[^']*'|"(?:[^"\\$]|\\[^rntx])*"|\\[^rntx]|[^\s'"\\#]+/g;
const WORD = new RegExp(`^(?:${PIECE.source})+`);

function unquote(piece: string): string {
  if (piece.startsWith("'")) return piece.slice(1, -1);
  const text = piece.startsWith('"') ? piece.slice(1, -1) : piece;
  return text.replaceAll(/\\([ #'"\\$])/g, '$1');
}
