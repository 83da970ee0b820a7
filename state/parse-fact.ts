import type { z } from 'zod';
import {
  type Container,
  type Host,
  type JsonValue,
  type Network,
  ok,
  problem,
  type Result,
  type ServiceDeclaration,
} from '../model/index.ts';
import { isShallow, tooDeep } from './depth.ts';
import { exactSchema } from './exact-schema.ts';
import type { Liveness } from './liveness.ts';
import { containerSchema, declarationSchema, hostSchema, livenessSchema, networkSchema } from './schema.ts';

/** A host's fact, read; `id` is Docker's. */
export type Fact =
  | { readonly kind: 'host'; readonly value: Host }
  | { readonly kind: 'container'; readonly id: string; readonly value: Container }
  | { readonly kind: 'network'; readonly id: string; readonly value: Network };

/** A document, read; `key` is `stack/service`. */
export type Declared =
  | { readonly kind: 'declaration'; readonly key: string; readonly value: ServiceDeclaration }
  | { readonly kind: 'liveness'; readonly hostId: string; readonly value: Liveness };

/** What a fact's key says it is about; null: nothing that belongs into a snapshot. */
export function factSubject(key: string): { readonly kind: Fact['kind']; readonly id: string } | null {
  if (key === 'host') return { kind: 'host', id: '' };
  const slash = key.indexOf('/');
  const kind = key.slice(0, Math.max(slash, 0));
  const id = key.slice(slash + 1);
  if ((kind !== 'container' && kind !== 'network') || id === '' || id.includes('/')) return null;
  return { kind, id };
}

export function documentSubject(key: string): { readonly kind: Declared['kind']; readonly id: string } | null {
  const [kind, first, second, more] = key.split('/');
  if (kind === 'liveness' && first && second === undefined) return { kind, id: first };
  if (kind === 'service' && first && second && more === undefined)
    return { kind: 'declaration', id: `${first}/${second}` };
  return null;
}

/** Reads a fact that has a subject; it must be about the host and the object that its key names. */
export function parseFact(hostId: string, key: string, value: JsonValue): Result<Fact> {
  const about = `host ${hostId}: fact ${key}`;
  const subject = factSubject(key);
  switch (subject?.kind) {
    case 'host': {
      const read = parse(host, about, value);
      return read.ok ? matching(about, read.value.id, hostId, { kind: 'host', value: read.value }) : read;
    }
    case 'container': {
      const { id } = subject;
      const read = parse(container, about, value);
      if (!read.ok) return read;
      const named = `${read.value.hostId}/${read.value.id}`;
      return matching(about, named, `${hostId}/${id}`, { kind: 'container', id: read.value.id, value: read.value });
    }
    case 'network': {
      const { id } = subject;
      const read = parse(network, about, value);
      if (!read.ok) return read;
      const named = `${read.value.hostId}/${read.value.id}`;
      return matching(about, named, `${hostId}/${id}`, { kind: 'network', id: read.value.id, value: read.value });
    }
    default:
      throw new Error(`${about}: has no subject`);
  }
}

/** Reads a document that has a subject. */
export function parseDocument(key: string, value: JsonValue): Result<Declared> {
  const about = `document ${key}`;
  const subject = documentSubject(key);
  switch (subject?.kind) {
    case 'liveness': {
      const read = parse(liveness, about, value);
      return read.ok ? ok({ kind: 'liveness', hostId: subject.id, value: read.value }) : read;
    }
    case 'declaration': {
      const read = parse(declaration, about, value);
      if (!read.ok) return read;
      const named = `${read.value.stack}/${read.value.name}`.toLowerCase();
      return matching(about, named, subject.id, { kind: 'declaration', key: named, value: read.value });
    }
    default:
      throw new Error(`${about}: has no subject`);
  }
}

const hint = 'bring the agent that wrote it to the version of this one';

interface Reader<T> {
  readonly schema: z.ZodType<T>;
  readonly exact: z.ZodType<T>;
}

const host = readerOf(hostSchema);
const container = readerOf(containerSchema);
const network = readerOf(networkSchema);
const declaration = readerOf(declarationSchema);
const liveness = readerOf(livenessSchema);

function readerOf<T>(schema: z.ZodType<T>): Reader<T> {
  return { schema, exact: exactSchema(schema) };
}

function parse<T>({ schema, exact }: Reader<T>, about: string, value: JsonValue): Result<T> {
  // The raw value is kept too, and mostly says the same: one of the two is enough.
  if (exact.safeParse(value).success) return ok(value as T);
  const parsed = schema.safeParse(value);
  if (parsed.success) return isShallow(value) ? ok(parsed.data) : problem(about, tooDeep, hint);
  const issue = parsed.error.issues[0];
  return problem(about, `${issue?.path.join('.') || 'value'}: ${issue?.message ?? 'is malformed'}`, hint);
}

function matching<T>(about: string, named: string, expected: string, fact: T): Result<T> {
  return named === expected ? ok(fact) : problem(about, `is about ${named} by its content`, hint);
}
