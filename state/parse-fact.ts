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
  sameJson,
} from '../model/index.ts';
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
  const [kind, id, more] = key.split('/');
  if ((kind !== 'container' && kind !== 'network') || !id || more !== undefined) return null;
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
      const host = parse(hostSchema, about, value);
      return host.ok ? matching(about, host.value.id, hostId, { kind: 'host', value: host.value }) : host;
    }
    case 'container': {
      const { id } = subject;
      const container = parse(containerSchema, about, value);
      if (!container.ok) return container;
      const named = `${container.value.hostId}/${container.value.id}`;
      return matching(about, named, `${hostId}/${id}`, {
        kind: 'container',
        id: container.value.id,
        value: container.value,
      });
    }
    case 'network': {
      const { id } = subject;
      const network = parse(networkSchema, about, value);
      if (!network.ok) return network;
      const named = `${network.value.hostId}/${network.value.id}`;
      return matching(about, named, `${hostId}/${id}`, { kind: 'network', id: network.value.id, value: network.value });
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
      const liveness = parse(livenessSchema, about, value);
      return liveness.ok ? ok({ kind: 'liveness', hostId: subject.id, value: liveness.value }) : liveness;
    }
    case 'declaration': {
      const declaration = parse(declarationSchema, about, value);
      if (!declaration.ok) return declaration;
      const named = `${declaration.value.stack}/${declaration.value.name}`.toLowerCase();
      return matching(about, named, subject.id, { kind: 'declaration', key: named, value: declaration.value });
    }
    default:
      throw new Error(`${about}: has no subject`);
  }
}

const mend = 'bring the agent that wrote it to the version of this one';

function parse<T>(schema: z.ZodType<T>, about: string, value: JsonValue): Result<T> {
  if (!isShallow(value, 64)) return problem(about, 'is nested deeper than 64 levels', mend);
  const parsed = schema.safeParse(value);
  // The raw value is kept too, and for the most part says the same: one of the two is enough.
  if (parsed.success) return ok(sameJson(parsed.data as JsonValue, value) ? (value as T) : parsed.data);
  const issue = parsed.error.issues[0];
  return problem(about, `${issue?.path.join('.') || 'value'}: ${issue?.message ?? 'is malformed'}`, mend);
}

function matching<T>(about: string, named: string, expected: string, fact: T): Result<T> {
  return named === expected ? ok(fact) : problem(about, `is about ${named} by its content`, mend);
}

/** Bounds the recursion of everything that walks a value later. */
function isShallow(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((item) => isShallow(item, levels - 1));
}
