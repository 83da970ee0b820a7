import { z } from 'zod';
import type { Reduce, Reduction } from '../../facts/index.ts';
import { type Environment, isJsonObject, type JsonObject, type JsonValue } from '../../model/index.ts';
import type { SnapshotDelta } from '../snapshot/picture.ts';

// One JSON value per line. A change is any number of `host` and `documents` lines followed by a `commit`. The first commit on a
// connection completes the whole state. Lines of unknown types are skipped.

export const protocol = 1;

/** Longer lines end the connection. A line holds many facts, or one value of any size. */
export const maxServerLineChars = 32 << 20;
export const maxClientLineChars = 1 << 20;
const linesPerWriteChars = 64 << 10;

const jsonObject = z.custom<JsonObject>(isJsonObject, 'is not an object');

const environment: z.ZodType<Environment> = z.object({
  name: z.string(),
  uuid: z.string(),
  suffixes: z.array(z.string()),
});

const serverMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), protocol: z.literal(protocol), hostId: z.string(), environment }),
  z.object({ type: z.literal('host'), id: z.string(), facts: jsonObject.nullable() }),
  z.object({ type: z.literal('documents'), documents: jsonObject }),
  z.object({
    type: z.literal('commit'),
    revision: z.number(),
    full: z.boolean(),
    complete: z.boolean(),
    staleSinceMs: z.number().nullable(),
  }),
  z.object({ type: z.literal('identified'), id: z.number(), known: z.boolean() }),
]);

const clientMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    protocol: z.literal(protocol),
    role: z.string(),
    version: z.string(),
    pid: z.number(),
  }),
  z.object({ type: z.literal('applied'), revision: z.number() }),
  z.object({ type: z.literal('report'), report: z.custom<JsonValue>((value) => value !== undefined) }),
  z.object({ type: z.literal('identify'), id: z.number(), address: z.string() }),
]);

export type ServerMessage = z.infer<typeof serverMessage>;
export type ClientMessage = z.infer<typeof clientMessage>;

/** Null for an unknown type. Throws on a line that is not of the protocol. */
export function decodeServerLine(line: string): ServerMessage | null {
  return decode(serverMessage, line);
}

export function decodeClientLine(line: string): ClientMessage | null {
  return decode(clientMessage, line);
}

export function encodeLine(message: ServerMessage | ClientMessage): string {
  return `${JSON.stringify(message)}\n`;
}

/** The lines of a change without its commit, in pieces fit for one write each; values are reduced first. */
export function* encodeDelta(
  { hosts, documents }: SnapshotDelta,
  reduce: Reduction,
): Generator<string, void, undefined> {
  for (const [hostId, facts] of hosts) {
    const head = `{"type":"host","id":${JSON.stringify(hostId)},"facts":`;
    if (facts) yield* encodeEntries(head, facts, reduce.fact);
    else yield `${head}null}\n`;
  }
  if (documents.size > 0) yield* encodeEntries('{"type":"documents","documents":', documents, reduce.document);
}

function* encodeEntries(
  head: string,
  entries: ReadonlyMap<string, JsonValue | null>,
  reduce: Reduce,
): Generator<string, void, undefined> {
  let body = '';
  let isEmpty = true;
  for (const [key, value] of entries) {
    const reduced = reduce(key, value);
    if (reduced === undefined) continue;
    body += `${body && ','}${JSON.stringify(key)}:${JSON.stringify(reduced)}`;
    if (body.length < linesPerWriteChars) continue;
    yield `${head}{${body}}}\n`;
    body = '';
    isEmpty = false;
  }
  if (body || isEmpty) yield `${head}{${body}}}\n`;
}

const knownTypes: ReadonlySet<unknown> = new Set(
  [...serverMessage.options, ...clientMessage.options].map((option) => option.shape.type.value),
);

function decode<T>(schema: z.ZodType<T>, line: string): T | null {
  const value: unknown = JSON.parse(line);
  if (!isJsonObject(value)) throw new Error('a line is not a JSON object');
  const { type } = value;
  if (typeof type === 'string' && !knownTypes.has(type)) return null;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new Error(`message ${String(type)}: ${issue?.path.join('.')} ${issue?.message}`);
}
