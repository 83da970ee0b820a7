/**
 * Go's values in templates: string, bool, int (number, or bigint beyond 2^53), GoNumber, GoTime, KeyValue, lists, maps (plain
 * objects). `undefined` is a missing value, `null` an interface that is nil.
 */
export type GoValue = unknown;

/** A key and its value, as confd's templates read them. */
export class KeyValue {
  readonly Key: string;
  readonly Value: string;
  constructor(key: string, value: string) {
    this.Key = key;
    this.Value = value;
  }
}

/** A number that is not an int. */
export class GoNumber {
  readonly type: 'float64' | 'uint8' | 'int64' | 'time.Month' | 'time.Weekday';
  readonly value: number;
  /** What Go's String method returns, if the type has one. */
  readonly name: string | null;
  constructor(type: GoNumber['type'], value: number, name: string | null = null) {
    this.type = type;
    this.value = value;
    this.name = name;
  }
}

/** A time.Time in the time zone of this process, or in UTC. */
export class GoTime {
  /** Since the epoch. */
  readonly ms: number;
  readonly utc: boolean;
  constructor(ms: number, utc: boolean) {
    this.ms = ms;
    this.utc = utc;
  }
}

/** A value that a template cannot use; the message says why. */
export class GoError extends Error {}

export type ListType = '[]string' | '[]int' | '[]interface {}' | '[]memkv.KVPair' | 'memkv.KVPairs';

const TYPE = Symbol('type of a list');

/** Gives a list its type. Lists without one are `[]interface {}`. */
export function listOf<Item>(type: ListType, items: Item[]): Item[] {
  return Object.defineProperty(items, TYPE, { value: type });
}

/** The name of a value's type, as Go prints it. */
export function typeName(value: GoValue): string {
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return Number.isInteger(value) ? 'int' : 'float64';
    default:
  }
  if (value === null || value === undefined) return 'nil';
  if (value instanceof GoNumber) return value.type;
  if (value instanceof KeyValue) return 'memkv.KVPair';
  if (value instanceof GoTime) return 'time.Time';
  if (Array.isArray(value)) return (value as { readonly [TYPE]?: ListType })[TYPE] ?? '[]interface {}';
  return 'map[string]interface {}';
}

export type Kind = 'nil' | 'bool' | 'int' | 'uint' | 'float' | 'string' | 'list' | 'map' | 'struct';

export function kindOf(value: GoValue): Kind {
  const type = typeName(value);
  if (type === 'nil' || type === 'bool' || type === 'string' || type === 'int') return type;
  if (type === 'float64') return 'float';
  if (type === 'uint8') return 'uint';
  if (value instanceof GoNumber) return 'int';
  if (Array.isArray(value)) return 'list';
  return type.startsWith('map') ? 'map' : 'struct';
}

/** Whether a value is true in Go: not false, 0, nil or empty. */
export function truth(value: GoValue): boolean {
  if (value instanceof GoNumber) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (kindOf(value) === 'map') return Object.keys(value as object).length > 0;
  return Boolean(value);
}

/** An int as a number, if it is exact, else as a bigint. It wraps around at 64 bits. */
export function intOf(value: bigint | number): number | bigint {
  const whole = BigInt.asIntN(64, BigInt(value));
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole;
}

/** The value of an int or another whole number. */
export function bigOf(value: GoValue): bigint {
  return BigInt(value instanceof GoNumber ? value.value : (value as number | bigint));
}

export function numberOf(value: GoValue): number {
  return value instanceof GoNumber ? value.value : Number(value);
}

/** Compares text by its UTF-8 bytes, as Go does. */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The members of a map in the order of `range` and of printing. */
export function membersOf(map: GoValue): readonly (readonly [string, GoValue])[] {
  return Object.entries(map as object).sort(([a], [b]) => compareText(a, b));
}

/** The items of Go's `range`: a list in order, a map by its keys. Throws GoError for other values. */
export function itemsOf(value: GoValue): readonly (readonly [GoValue, GoValue])[] {
  switch (kindOf(value)) {
    case 'nil':
      return [];
    case 'list':
      return [...(value as readonly GoValue[]).entries()];
    case 'map':
      return membersOf(value);
    default:
      throw new GoError(`range cannot go through a ${typeName(value)}`);
  }
}
