import type { z } from 'zod';
import { type JsonValue, ok, problem, type Result } from '../model/index.ts';
import { isShallow, tooDeep } from './depth.ts';
import { exactSchema } from './exact-schema.ts';

/** What a fact or a document is about, as far as its value or its key says so. */
export interface Subject {
  readonly hostId?: string;
  /** As in the key, behind the name of the kind. */
  readonly id?: string;
}

/** All that the program knows about one kind of fact or document. `Draft` is what its values enter. */
export interface KindDefinition<T, Draft> {
  /** First segment of the key. */
  readonly name: string;
  /** Segments behind the name: `host` has 0, `container/<id>` 1, `service/<stack>/<name>` 2. */
  readonly idSegments: 0 | 1 | 2;
  readonly schema: z.ZodType<T>;
  /** What the value says it is about; it must be the host and the object that its place and its key name. */
  readonly subjectOf?: (value: T) => Subject;
  /**
   * Puts the value into its slot of the snapshot. The keys on which answers depend follow from the slot
   * (`view/dependency-key.ts`).
   */
  readonly set: (draft: Draft, id: string, value: T) => void;
  readonly remove: (draft: Draft, id: string) => void;
  /**
   * What a process of a role (`dns`, `metadata`) gets of a value: a smaller one that is still valid, the same one, or
   * undefined for nothing. Default: all of it. Reducing a reduced value gives that value.
   */
  readonly forRole?: (role: string, value: JsonValue) => JsonValue | undefined;
}

/** Puts one accepted value into the draft. */
export type Enter<Draft> = (draft: Draft) => void;

/** A kind as the table has it: without the type of its values. */
export interface Kind<Draft> {
  readonly name: string;
  readonly idSegments: 0 | 1 | 2;
  /** `about` names the fact in a problem; `expected` is what its place and key say. */
  read(about: string, expected: Required<Subject>, value: JsonValue): Result<Enter<Draft>>;
  remove(draft: Draft, id: string): void;
  forRole(role: string, value: JsonValue): JsonValue | undefined;
}

export function defineKind<T, Draft>(definition: KindDefinition<T, Draft>): Kind<Draft> {
  const { name, idSegments, schema, subjectOf, set, remove, forRole } = definition;
  const exact = exactSchema(schema);
  return {
    name,
    idSegments,
    read: (about, expected, raw) => {
      // The raw value is kept too, and mostly equals the parsed one: then one of the two is enough.
      const read = exact.safeParse(raw).success ? ok(raw as T) : parse(schema, about, raw);
      if (!read.ok) return read;
      const { value } = read;
      const wrong = subjectOf && otherSubject(subjectOf(value), expected);
      if (wrong) return problem(about, `is about ${wrong} by its content`, HINT);
      return ok((draft) => set(draft, expected.id, value));
    },
    remove,
    forRole: forRole ?? ((_role, value) => value),
  };
}

const HINT = 'upgrade the agent that wrote it to the version of this one';

function parse<T>(schema: z.ZodType<T>, about: string, value: JsonValue): Result<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return isShallow(value) ? ok(parsed.data) : problem(about, tooDeep, HINT);
  const issue = parsed.error.issues[0];
  return problem(about, `${issue?.path.join('.') || 'value'}: ${issue?.message ?? 'is malformed'}`, HINT);
}

/** What the value is about, if that is another host or another object than expected. */
function otherSubject({ hostId, id }: Subject, expected: Required<Subject>): string | null {
  const isSame = (hostId ?? expected.hostId) === expected.hostId && (id ?? expected.id) === expected.id;
  return isSame ? null : [hostId, id].filter((part) => part !== undefined).join('/');
}

/** Accepts a value of a kind that this version does not know, which is kept as it is and enters nothing. */
export function readUnknown<Draft>(about: string, value: JsonValue): Result<Enter<Draft>> {
  return isShallow(value) ? ok(() => {}) : problem(about, tooDeep, HINT);
}
