import type { TableId } from './nft-table-id.ts';

/** The content of the sets of one table, in nft's notation. */
export type SetElements<Name extends string> = Readonly<Record<Name, readonly string[]>>;

/** From a listing of the table. A set that is not in the listing is empty. */
export function parseSets<Name extends string>(listing: string, sets: readonly Name[]): SetElements<Name> {
  const found = [...listing.matchAll(/\bset (\w+) \{\s+type [^\n]+\n(?:\s+elements = \{([^}]*)\})?/g)];
  const held = new Map(
    found.map(([, name = '', text = '']) => [name, text.split(',').map((element) => element.trim())]),
  );
  const entries = sets.map((name) => [name, (held.get(name) ?? []).filter((element) => element !== '')]);
  return Object.fromEntries(entries) as SetElements<Name>;
}

/** The commands that change the sets from one content to another; empty when both are equal. */
export function renderSetChanges<Name extends string>(
  { family, name }: TableId,
  from: SetElements<Name>,
  to: SetElements<Name>,
): string {
  return (Object.keys(to) as Name[])
    .flatMap((set) => [
      ...removal(`${family} ${name} ${set}`, without(from[set], to[set])),
      ...addition(`${family} ${name} ${set}`, without(to[set], from[set])),
    ])
    .join('');
}

function without(elements: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Set(others);
  return elements.filter((element) => !left.has(element));
}

function addition(set: string, elements: readonly string[]): readonly string[] {
  return elements.length === 0 ? [] : [`add element ${set} { ${elements.join(', ')} }\n`];
}

/** Adds the elements first, because deleting an element that is already gone fails the whole transaction. */
function removal(set: string, elements: readonly string[]): readonly string[] {
  return addition(set, elements).flatMap((line) => [line, line.replace('add', 'delete')]);
}
