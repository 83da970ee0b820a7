/** HAProxy reads 16 KiB of commands at most. */
const MAX_COMMANDS = 12_000;

export interface Batch<Item> {
  /** One line for HAProxy. */
  readonly text: string;
  readonly items: readonly Item[];
}

/** Joins the texts of items to as few lines as HAProxy can read. */
export function batches<Item>(
  items: readonly Item[],
  textOf: (item: Item) => string,
  separator: string,
): readonly Batch<Item>[] {
  const all: { text: string; bytes: number; items: Item[] }[] = [];
  for (const item of items) {
    const text = textOf(item);
    const bytes = Buffer.byteLength(text) + separator.length;
    const last = all.at(-1);
    if (last && last.bytes + bytes < MAX_COMMANDS) {
      last.text += separator + text;
      last.bytes += bytes;
      last.items.push(item);
    } else {
      all.push({ text, bytes, items: [item] });
    }
  }
  return all;
}
