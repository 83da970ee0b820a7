import { TYPE } from './codes.ts';

const NUMBERS = new Map<string, number>(Object.entries(TYPE));
const NAMES = new Map([...NUMBERS].map(([name, type]) => [type, name]));

/** `AAAA`; `TYPE65280` for types without a name [RFC 3597 §5]. */
export function typeName(type: number): string {
  return NAMES.get(type) ?? `TYPE${type}`;
}

/** Parses the name of a type in any case, or `TYPE65280`; null for other text and for type 0. */
export function parseTypeName(text: string): number | null {
  const name = text.toUpperCase();
  const known = NUMBERS.get(name);
  if (known !== undefined) return known;
  const number = Number(/^TYPE(\d{1,5})$/.exec(name)?.[1] ?? Number.NaN);
  return number >= 1 && number <= 0xffff ? number : null;
}
