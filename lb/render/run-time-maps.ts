import { shortHash } from './hash.ts';

/** The map of all sections that rules can choose: section -> `nameEntry`. */
export const NAMES = 'names';

/** The map of the simple rules of a listener: key -> section. In `hosts`, a key is a host; in `paths`, host and beginning of the path. */
export const rulesMap = (kind: 'hosts' | 'paths', port: number): string => `${kind}-${port}`;

/** The file of a map whose entries change at run time, as the text has it until `nameFiles`: a structure does not depend on the entries. */
export const mapFile = (map: string): string => `maps/${map}.map`;

const FILE = /maps\/(names|(?:hosts|paths)-\d+)\.map/g;
const NAMED_FILE = /^maps\/(names|(?:hosts|paths)-\d+)-[0-9a-f]{16}\.map$/;

/** The map that a file of the running HAProxy is; null: none whose entries change. */
export function runTimeMap(file: string): string | null {
  return NAMED_FILE.exec(file)?.[1] ?? null;
}

/** Puts a hash of the entries into the names of these files, as all other files have it. `entries`: the texts of the maps. */
export function nameFiles(
  text: string,
  entries: ReadonlyMap<string, string>,
): { readonly text: string; readonly files: ReadonlyMap<string, string> } {
  const names = new Map([...entries].map(([map, text]) => [map, `maps/${map}-${shortHash(text)}.map`]));
  return {
    text: text.replaceAll(FILE, (file, map: string) => names.get(map) ?? file),
    files: new Map([...entries].map(([map, text]) => [names.get(map) ?? '', text])),
  };
}
