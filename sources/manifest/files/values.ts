/** A map of a YAML file. */
export type Values = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function membersOf(map: Values | ReadonlyMap<string, unknown>): readonly (readonly [string, unknown])[] {
  return map instanceof Map ? [...map] : Object.entries(map);
}

/** Members in the form of the maps that they come from: exact trees have `Map`s. */
export function mapLike(maps: readonly unknown[], members: ReadonlyMap<string, unknown>): unknown {
  return maps.some((map) => map instanceof Map) ? members : Object.fromEntries(members);
}

/** A value without what is at a path of it. */
export function without(value: unknown, [key, ...rest]: readonly (string | number)[]): unknown {
  if (key === undefined) return undefined;
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => (index !== key ? [item] : rest.length === 0 ? [] : [without(item, rest)]));
  }
  if (!isMap(value)) return value;
  const members = membersOf(value).flatMap(([name, member]): [string, unknown][] => {
    if (name !== String(key)) return [[name, member]];
    return rest.length === 0 ? [] : [[name, without(member, rest)]];
  });
  return mapLike([value], new Map(members));
}
