export type Format = 'text' | 'json' | 'yaml';

/** In order of preference, for types that a client accepts with the same quality. */
const OFFERS: readonly (readonly [type: string, format: Format])[] = [
  ['text/plain', 'text'],
  ['application/json', 'json'],
  ['application/yaml', 'yaml'],
  ['application/x-yaml', 'yaml'],
  ['text/yaml', 'yaml'],
  ['text/x-yaml', 'yaml'],
];

interface Wish {
  readonly type: string;
  readonly quality: number;
}

/**
 * Picks the format from the `Accept` headers by the rules of the original's library, which clients rely on: types are
 * case-sensitive, and a header is not read beyond a parameter other than `q`. Text when nothing matches.
 */
export function negotiate(headers: readonly string[]): Format {
  const wishes = headers.flatMap(parseWishes).filter(({ quality }) => quality > 0);
  let best: { format: Format; quality: number; wildness: number } = { format: 'text', quality: -1, wildness: 3 };
  for (const [type, format] of OFFERS) {
    for (const wish of wishes) {
      const wildness = wildnessOf(wish.type, type);
      if (wildness === null || wish.quality < best.quality) continue;
      if (wish.quality > best.quality || wildness < best.wildness) best = { format, quality: wish.quality, wildness };
    }
  }
  return best.format;
}

/** 0: the type itself, 1: `text/*`, 2: anything; null: no match. */
function wildnessOf(wish: string, offer: string): number | null {
  if (wish === offer) return 0;
  if (wish === '*/*') return 2;
  return wish.endsWith('/*') && offer.startsWith(wish.slice(0, -1)) ? 1 : null;
}

const WISH = /^[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z/]+)[ \t]*(?:;[ \t]*q=([01](?:\.[0-9]*)?)[ \t]*)?/;

function parseWishes(header: string): Wish[] {
  const wishes: Wish[] = [];
  for (let rest = header; ; rest = rest.slice(1)) {
    const match = WISH.exec(rest);
    if (match === null) return wishes;
    const [whole, type = '', quality = '1'] = match;
    rest = rest.slice(whole.length);
    if (rest.startsWith(';') && match[2] === undefined) return wishes;
    wishes.push({ type, quality: Number(quality) });
    if (!rest.startsWith(',')) return wishes;
  }
}
