/** Text that can be written into HAProxy's configuration as it is. Only the functions of this file make it from what a user wrote. */
export type Word = string & { readonly haproxyWord: never };

/** A value that the configuration cannot hold. The rule, backend or listener that needs it is left out. */
export class UnwritableError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'UnwritableError';
  }
}

/** HAProxy accepts longer words, but people have to read the configuration. */
const MAX_LENGTH = 1_024;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a line break would begin another line of the configuration.
const CONTROL = /[\u0000-\u001f\u007f]/;
const PLAIN = /^[A-Za-z0-9_./:,@%+=-]+$/;

/** One argument of a line. In single quotes nothing is special but the quote itself. */
export function word(text: string): Word {
  if (text === '') throw new UnwritableError('a value is empty');
  if (CONTROL.test(text)) throw new UnwritableError('a value contains control characters');
  if (text.length > MAX_LENGTH) throw new UnwritableError(`a value is longer than ${MAX_LENGTH} characters`);
  return (PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`) as Word;
}

/** The name of a section or server. */
export function sectionName(text: string): Word {
  if (!/^[A-Za-z0-9_.:-]+$/.test(text)) throw new UnwritableError(`"${text}" cannot be a name`);
  return word(text);
}

/** A host name and not one of HAProxy's other kinds of addresses, such as the path of a socket. */
export function hostName(text: string): Word {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/.test(text)) throw new UnwritableError(`"${text}" is not a host name`);
  return word(text);
}

/** The pattern of an anonymous ACL, after `-m METHOD`. */
export function pattern(text: string): Word {
  if (text === '}') throw new UnwritableError('the pattern } cannot be written');
  return `${text.startsWith('-') ? '-- ' : ''}${word(text)}` as Word;
}

/** One line of a map file: a key without blanks, and a value. */
export function mapEntry(key: string, value: string): string {
  if (/\s/.test(key) || key.startsWith('#')) throw new UnwritableError(`"${key}" contains a blank or begins with #`);
  word(key);
  return `${key} ${word(value)}\n`;
}
