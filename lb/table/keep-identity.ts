/**
 * The new value, in which every part that equals a part of the value before is the identical object. For plain data without circles.
 * Members of lists are compared with those of the same name or port, else of the same place.
 */
export function keepIdentity<T>(before: unknown, after: T): T {
  if (before === after || !isComposite(before) || !isComposite(after)) return after;
  if (Array.isArray(before) || Array.isArray(after)) {
    return Array.isArray(before) && Array.isArray(after) ? (keptList(before, after) as T) : after;
  }
  const old = before as Readonly<Record<string, unknown>>;
  const keys = Object.keys(after);
  const parts = Object.fromEntries(keys.map((key) => [key, keepIdentity(old[key], (after as typeof old)[key])]));
  const same = keys.length === Object.keys(old).length && keys.every((key) => key in old && parts[key] === old[key]);
  return (same ? before : parts) as T;
}

function keptList(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  let named: ReadonlyMap<unknown, unknown> | null = null;
  const items = after.map((item, at) => {
    const name = nameOf(item);
    const beside = before[at];
    if (beside === item || name === undefined || nameOf(beside) === name) return keepIdentity(beside, item);
    named ??= new Map(before.map((one) => [nameOf(one), one]));
    return keepIdentity(named.get(name), item);
  });
  return items.length === before.length && items.every((item, at) => item === before[at]) ? before : items;
}

function nameOf(item: unknown): unknown {
  if (!isComposite(item)) return undefined;
  const { name, port } = item as { readonly name?: unknown; readonly port?: unknown };
  return name ?? port;
}

function isComposite(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
