import { backendOf, isMovable, NAMES, NO_BACKEND, type RenderedConfig } from '../render/index.ts';

/** Entries of maps of the running HAProxy, by the name of the map. */
export type RunningMaps = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** An entry that is set, or removed (null). */
export interface MapChange {
  readonly map: string;
  readonly key: string;
  readonly value: string | null;
  /** Whether HAProxy has the key. */
  readonly isKnown: boolean;
}

/** Which sections of the running HAProxy serve the backends of a configuration with the same structure, and what its maps lack. */
export interface Placement {
  /** Backend -> section. */
  readonly sections: ReadonlyMap<string, string>;
  /** Spare sections that a backend gets; the map of names says so first. */
  readonly taken: readonly MapChange[];
  /** Rules that go, shorter keys first. Their servers go after them. */
  readonly removed: readonly MapChange[];
  /** Rules that come, or whose backend is another one, longer keys first. Their servers come before them. */
  readonly set: readonly MapChange[];
  /** Sections that no rule needs any more, with the backend that they were for. */
  readonly left: readonly { readonly section: string; readonly backend: string }[];
  /** Whether spare sections are used up, so that rules wait for a reload. */
  readonly isFull: boolean;
}

export type Placeable = Pick<RenderedConfig, 'backends' | 'rules'>;

/** A section is given to one backend until the next reload, so that statistics of two services never mix. Pure. */
export function placeBackends({ backends, rules }: Placeable, maps: RunningMaps): Placement {
  const names = maps.get(NAMES) ?? NO_ENTRIES;
  const known = new Map([...names].map(([section, entry]) => [entry, section]));
  const free = new Set([...names].flatMap(([section, entry]) => (entry === NO_BACKEND ? [section] : [])));
  const sections = new Map<string, string>();
  const taken: MapChange[] = [];
  for (const [backend, { entry, spares }] of backends) {
    const section = spares.length === 0 ? backend : (known.get(entry) ?? spares.find((spare) => free.has(spare)));
    if (section === undefined) continue;
    sections.set(backend, section);
    if (spares.length === 0 || known.has(entry)) continue;
    free.delete(section);
    taken.push({ map: NAMES, key: section, value: entry, isKnown: true });
  }
  const changes = [...maps].flatMap(([map, entries]) => planRules(map, entries, rules.get(map), sections));
  const needed = new Set([...sections.values(), ...waitingFor(rules, maps, sections)]);
  return {
    sections,
    taken,
    removed: changes.filter(({ value }) => value === null).sort((a, b) => a.key.length - b.key.length),
    set: changes.filter(({ value }) => value !== null).sort((a, b) => b.key.length - a.key.length),
    left: [...names].flatMap(([section, entry]) =>
      isMovable(entry) && !needed.has(section) ? [{ section, backend: backendOf(entry) }] : [],
    ),
    isFull: sections.size < backends.size,
  };
}

/** Whether HAProxy has all rules. */
export function isPlaced({ taken, removed, set, isFull }: Placement): boolean {
  return !isFull && taken.length + removed.length + set.length === 0;
}

const NO_ENTRIES: ReadonlyMap<string, string> = new Map();

type Rules = ReadonlyMap<string, string>;

function planRules(
  map: string,
  running: Rules,
  wanted: Rules | undefined,
  sections: Placement['sections'],
): readonly MapChange[] {
  if (wanted === undefined) return [];
  const changes: MapChange[] = [];
  for (const key of running.keys()) if (!wanted.has(key)) changes.push({ map, key, value: null, isKnown: true });
  for (const [key, backend] of wanted) {
    const section = sections.get(backend);
    const has = running.get(key);
    if (section !== undefined && has !== section)
      changes.push({ map, key, value: section, isKnown: has !== undefined });
  }
  return changes;
}

/** The sections of rules that keep their old backend, because there is no section for the new one. */
function waitingFor(rules: Placeable['rules'], maps: RunningMaps, sections: Placement['sections']): readonly string[] {
  return [...rules].flatMap(([map, keys]) =>
    [...keys].flatMap(([key, backend]) => (sections.has(backend) ? [] : (maps.get(map)?.get(key) ?? []))),
  );
}
