import { isIP } from 'node:net';
import type { RecordSet, Records } from './answers.ts';
import type { Faults } from './faults.ts';
import { absolute, keyFault, nameFault, pointerKey } from './names.ts';
import type { Path } from './text.ts';

/** The record sets of a section. Invalid entries are left out and reported. */
export function parseRecords(section: Readonly<Record<string, unknown>>, path: Path, faults: Faults): Records {
  const parsed = <Value>(kind: keyof Records, parse: ParseValue<Value>, keyOf = (key: string) => key) =>
    parseKind(section[kind], [...path, kind], faults, parse, keyOf);
  return {
    a: parsed('a', parseAddresses),
    cname: parsed('cname', parseTarget),
    ptr: parsed('ptr', parseTarget, pointerKey),
    txt: parsed('txt', parseTexts),
  };
}

/** Null: the value is invalid, and that has been reported. */
type ParseValue<Value> = (value: unknown, fault: Fault) => Value | null;
type Fault = (what: string, hint: string) => void;

const MAX_TTL = 0xffff_ffff;

function parseKind<Value>(
  kind: unknown,
  path: Path,
  faults: Faults,
  parse: ParseValue<Value>,
  keyOf: (key: string) => string,
): ReadonlyMap<string, RecordSet<Value>> {
  const entries = new Map<string, RecordSet<Value>>();
  if (kind === undefined || kind === null) return entries;
  if (!isRecord(kind)) {
    faults.add(path, 'is not a map of names', 'write entries as NAME.: { answer: ... }');
    return entries;
  }
  for (const key of Object.keys(kind)) {
    const name = keyOf(key);
    const fault: Fault = (what, hint) => faults.add([...path, key], what, hint);
    const wrong = keyFault(name);
    if (wrong !== null) fault(wrong, 'write a DNS name in lower case with a trailing dot');
    const entry = wrong === null ? parseRecordSet(kind[key], parse, fault) : null;
    if (entry) entries.set(name, entry);
  }
  return entries;
}

/** `{ answer, ttl }`, or the answer alone. */
function parseRecordSet<Value>(entry: unknown, parse: ParseValue<Value>, fault: Fault): RecordSet<Value> | null {
  if (!isRecord(entry)) return recordSetOf(parse(entry, fault), null);
  return recordSetOf(parse(entry.answer, fault), parseTtl(entry.ttl, fault));
}

function recordSetOf<Value>(value: Value | null, ttlSeconds: number | null): RecordSet<Value> | null {
  return value === null ? null : { value, ttlSeconds };
}

function parseTtl(ttl: unknown, fault: Fault): number | null {
  if (ttl === undefined || ttl === null) return null;
  if (typeof ttl === 'number' && Number.isInteger(ttl) && ttl >= 0 && ttl <= MAX_TTL) return ttl;
  fault(`has the invalid TTL ${JSON.stringify(ttl)}; the default TTL is used`, 'write whole seconds');
  return null;
}

/** The valid addresses of the list; an empty list is a name without addresses. */
function parseAddresses(value: unknown, fault: Fault): string | null {
  const list = textsOf(value);
  if (!list) return invalidAnswer(fault, 'a list of addresses');
  const wrong = list.filter((address) => isIP(address) === 0);
  if (wrong.length === 0) return list.join(' ');
  fault(
    `has invalid addresses: ${wrong.map((text) => JSON.stringify(text)).join(', ')}`,
    'write IP addresses such as 10.0.0.5',
  );
  return wrong.length === list.length ? null : list.filter((address) => isIP(address) !== 0).join(' ');
}

function parseTarget(value: unknown, fault: Fault): string | null {
  if (typeof value !== 'string' || value === '') return invalidAnswer(fault, 'a name');
  const target = absolute(value);
  const wrong = nameFault(target);
  if (wrong === null) return target;
  fault(`has an invalid target: it ${wrong}`, 'write a DNS name');
  return null;
}

function parseTexts(value: unknown, fault: Fault): readonly string[] | null {
  return textsOf(value) ?? invalidAnswer(fault, 'a list of texts');
}

function invalidAnswer(fault: Fault, wanted: string): null {
  fault('has no valid answer', `write ${wanted} as the answer`);
  return null;
}

function textsOf(value: unknown): readonly string[] | null {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) && value.every((text) => typeof text === 'string') ? value : null;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
