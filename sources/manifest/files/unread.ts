/** The text of a document that could not be read, or not completely; null if the text itself is not known. */
export type UnreadText = string | null;

interface PartOfStack {
  readonly stack: string;
  readonly isNative: boolean;
}

/** The stack that a native document names at its top. */
const STACK = /^stack:[ \t]*["']?([\w.-]+)/m;

/**
 * Whether a document that could not be read may describe a service. A native document describes only services of its stack. Any
 * other document may describe all services in Compose files, and services of the stacks that it mentions.
 */
export function mayConcern(unread: UnreadText, parts: readonly PartOfStack[]): boolean {
  const stack = parts[0]?.stack.toLowerCase();
  if (unread === null || stack === undefined) return true;
  const named = STACK.exec(unread)?.[1];
  if (named !== undefined) return named.toLowerCase() === stack;
  return parts.some(({ isNative }) => !isNative) || wordsOf(unread).has(stack);
}

function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.toLowerCase().match(/[\w.-]+/g));
}
