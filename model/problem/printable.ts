/** A text without control characters, which must not reach a terminal: `\u001b` stands for the escape. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
