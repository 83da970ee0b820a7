import { GoError } from '../go/values.ts';

/** Go's path.Match: `*` and `?` do not match a slash; `[a-z]` and `[^a-z]` match one character. Throws GoError. */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const expression = new RegExp(`^${sourceOf([...pattern])}$`, 'u');
  return (path) => expression.test(path);
}

function sourceOf(characters: readonly string[]): string {
  let source = '';
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '*') source += '[^/]*';
    else if (character === '?') source += '[^/]';
    else if (character === '[') {
      const end = endOfClass(characters, at + 1);
      source += classOf(characters.slice(at + 1, end));
      at = end;
    } else if (character === '\\') {
      at += 1;
      source += exactly(characters[at]);
    } else source += exactly(character);
  }
  return source;
}

/** A character by its number, which needs no escape. Without one, the pattern is not valid. */
function exactly(character: string | undefined): string {
  if (character === undefined) throw invalid();
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function invalid(): GoError {
  return new GoError('the pattern is not valid: a class must be like [a-z], and a backslash needs a character');
}

/** The position of the closing bracket. */
function endOfClass(characters: readonly string[], start: number): number {
  for (let at = start; at < characters.length; at += 1) {
    if (characters[at] === '\\') at += 1;
    else if (characters[at] === ']') return at;
  }
  throw invalid();
}

function classOf(characters: readonly string[]): string {
  const negated = characters[0] === '^';
  const items = unescaped(characters.slice(negated ? 1 : 0));
  let source = '';
  for (let at = 0; at < items.length; at += 1) {
    const [low, dash, high] = items.slice(at, at + 3);
    if (low === undefined || isSign(low)) throw invalid();
    if (dash?.text !== '-' || dash.escaped) {
      source += exactly(low.text);
      continue;
    }
    if (high === undefined || isSign(high)) throw invalid();
    if (low.text <= high.text) source += `${exactly(low.text)}-${exactly(high.text)}`;
    at += 2;
  }
  if (items.length === 0) throw invalid();
  return `[${negated ? '^' : ''}${source}]`;
}

interface ClassItem {
  readonly text: string;
  readonly escaped: boolean;
}

/** Signs of a class that stand for themselves only behind a backslash. */
function isSign({ text, escaped }: ClassItem): boolean {
  return !escaped && (text === '-' || text === ']');
}

function unescaped(characters: readonly string[]): readonly ClassItem[] {
  const items: ClassItem[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const escaped = characters[at] === '\\';
    if (escaped) at += 1;
    items.push({ text: characters[at] ?? '', escaped });
  }
  return items;
}
