/** Splits a stream of text into lines. */
export interface LineReader {
  /** Throws when a line is longer than the limit. */
  push(text: string): readonly string[];
}

export function createLineReader(maxChars: number): LineReader {
  let rest = '';
  return {
    push: (text) => {
      // Only the new text is searched, because a long line arrives in many pieces.
      const end = text.lastIndexOf('\n');
      if (rest.length + (end < 0 ? text.length : 0) > maxChars) throw new Error(`a line is longer than ${maxChars}`);
      if (end < 0) {
        rest += text;
        return [];
      }
      const whole = rest + text.slice(0, end);
      rest = text.slice(end + 1);
      return whole.split('\n');
    },
  };
}
