/** Formatting shared by the explanations of DNS and metadata. */

/** The client of a question: its name, and its address if that adds something. */
export function askerText({ label, address }: { readonly label: string; readonly address: string | null }): string {
  return address === null || address === label ? label : `${label} (${address})`;
}

/** Joins the non-empty parts with an empty line between them. */
export function paragraphs(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

export function notesText(notes: readonly string[]): string {
  return notes.map((note) => `Note: ${note}`).join('\n');
}

export function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}
