/** A port of the managed network's bridge and the one address that the container behind it may use. */
export interface PortBinding {
  /** Name of the port's device on the host. */
  readonly port: string;
  /** Index of that device. Names and indexes are reused: a binding holds only for a device that has both. */
  readonly index: number;
  /** Dotted IPv4. */
  readonly ipv4: string;
  /** Lower case, with colons. */
  readonly mac: string;
}

/**
 * What the port guard of a host publishes for other processes: who is behind which port. `off`: the guard is switched off
 * and no port is held to an address. No file, or one that cannot be parsed: not known, and no port may be trusted.
 */
export type PortBindings = readonly PortBinding[] | 'off';

/** Name of the file in the run directory. */
export const PORT_BINDINGS_FILE = 'port-bindings.json';

const VERSION = 1;

/**
 * One JSON object: `{"version":1,"guard":"on","bindings":[{"port":"veth1","index":7,"ipv4":"10.42.1.2","mac":"02:42:0a:2a:01:02"}]}`.
 * Equal bindings give the same text, whatever their order.
 */
export function formatPortBindings(bindings: PortBindings): string {
  if (bindings === 'off') return `${JSON.stringify({ version: VERSION, guard: 'off', bindings: [] })}\n`;
  const sorted = bindings
    .map(({ port, index, ipv4, mac }) => ({ port, index, ipv4, mac }))
    .toSorted((a, b) => a.index - b.index || (a.ipv4 < b.ipv4 ? -1 : 1));
  return `${JSON.stringify({ version: VERSION, guard: 'on', bindings: sorted })}\n`;
}

/** Null: not such a text, or one of a later version. */
export function parsePortBindings(text: string): PortBindings | null {
  const parsed = parseObject(text);
  if (parsed?.version !== VERSION || !Array.isArray(parsed.bindings)) return null;
  if (parsed.guard === 'off') return 'off';
  const bindings: readonly unknown[] = parsed.bindings;
  return parsed.guard === 'on' && bindings.every(isBinding) ? bindings : null;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function isBinding(value: unknown): value is PortBinding {
  const { port, index, ipv4, mac } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return (
    typeof port === 'string' &&
    Number.isInteger(index) &&
    typeof ipv4 === 'string' &&
    /^\d+\.\d+\.\d+\.\d+$/.test(ipv4) &&
    typeof mac === 'string' &&
    /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)
  );
}
