import type { Result, SchemaFault } from '../../../model/index.ts';

/** A text below a service and its place. */
export interface Placed {
  readonly path: SchemaFault['path'];
  readonly text: string;
}

/** The texts of a key with a list. */
export function placedList(key: string, texts: readonly string[] | null): readonly Placed[] {
  return (texts ?? []).map((text, index) => ({ path: [key, index], text }));
}

/** The parts of a label with a list: `80, 81`. */
export function placedParts(labels: Readonly<Record<string, string>> | null, label: string): readonly Placed[] {
  const texts = (labels?.[label] ?? '').split(',').map((part) => part.trim());
  return texts.filter((text) => text !== '').map((text) => ({ path: ['labels', label], text }));
}

/** The values of texts. A text that cannot be parsed has no value; it adds to `faults`. */
export function parseAll<T>(
  placed: readonly Placed[],
  parse: (text: string) => Result<T>,
  faults: SchemaFault[],
): readonly T[] {
  return placed.flatMap(({ path, text }) => {
    const result = parse(text);
    if (!result.ok) faults.push({ path, what: result.problem.what, hint: result.problem.hint });
    return result.ok ? [result.value] : [];
  });
}
