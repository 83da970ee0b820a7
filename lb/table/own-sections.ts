/** A section of own HAProxy text, in the order of the text; the one of lines before any section has the word ''. */
export interface CustomSection {
  /** Lower case: `frontend`, `backend`, `global` and so on. */
  readonly word: string;
  /** The rest of the line: usually a name. */
  readonly rest: string;
  readonly lines: readonly CustomLine[];
  readonly number: number;
}

export interface CustomLine {
  /** Without the blanks around it. */
  readonly text: string;
  /** In the text, from 1. */
  readonly number: number;
}

/** What begins a section in HAProxy. */
const OPENING =
  /^(backend|frontend|global|defaults|listen|userlist|peers|mailers|resolvers|program|ring|cache|http-errors|fcgi-app|log-forward)(?:\s+(.*))?$/i;

/** Blank lines and comments vanish. */
export function readSections(text: string): readonly CustomSection[] {
  const sections: (CustomSection & { readonly lines: CustomLine[] })[] = [];
  text.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const line = raw.trim();
    const number = index + 1;
    if (line === '' || line.startsWith('#')) return;
    const opening = OPENING.exec(line);
    if (opening !== null) {
      const [, word = '', rest = ''] = opening;
      sections.push({ word: word.toLowerCase(), rest: rest.replace(/\s#.*$/, '').trim(), lines: [], number });
      return;
    }
    if (sections.length === 0) sections.push({ word: '', rest: '', lines: [], number });
    sections.at(-1)?.lines.push({ text: line, number });
  });
  return sections;
}
