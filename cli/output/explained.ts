/** What explanations have alike. */

/** Who asks, by address where that says more. */
export function askerText({ label, address }: { readonly label: string; readonly address: string | null }): string {
  return address === null || address === label ? label : `${label} (${address})`;
}

/** The parts that are there, an empty line between two. */
export function paragraphs(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

export function notesText(notes: readonly string[]): string {
  return notes.map((note) => `Note: ${note}`).join('\n');
}

export function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}
