import { z } from 'zod';
import { type ComponentStatus, type JsonValue, STATUS_FACTS } from '../model/index.ts';
import { text } from './fields.ts';
import type { HostDraft } from './host-draft.ts';
import { defineKind } from './kind.ts';

const MAX_PROBLEMS = 10;
const MAX_TEXT_CHARS = 500;

const words = z.string().max(MAX_TEXT_CHARS);

export const componentStatusSchema: z.ZodType<ComponentStatus> = z.object({
  component: text,
  state: z.enum(['ok', 'failing', 'held']),
  problems: z.array(z.object({ subject: words, what: words, hint: words })).max(MAX_PROBLEMS),
  sinceMs: z.number(),
});

/** Fact `status/<component>`: how a component of the host is doing. For agents and the command line; the servers do not read it. */
export const componentStatusKind = defineKind<ComponentStatus, HostDraft>({
  name: STATUS_FACTS,
  idSegments: 1,
  schema: componentStatusSchema,
  subjectOf: ({ component }) => ({ id: component }),
  set: (draft, id, status) => draft.ofKind(STATUS_FACTS).set(id, status),
  remove: (draft, id) => draft.ofKind(STATUS_FACTS).delete(id),
  forRole: () => undefined,
});

/** The key and the value of a status as a fact: the first problems only, long texts cut, so that every host accepts it. */
export function componentStatusFact(status: ComponentStatus): readonly [key: string, value: JsonValue] {
  const cut = (value: string): string =>
    value.length > MAX_TEXT_CHARS ? `${value.slice(0, MAX_TEXT_CHARS - 1)}…` : value;
  const problems = status.problems
    .slice(0, MAX_PROBLEMS)
    .map(({ subject, what, hint }) => ({ subject: cut(subject), what: cut(what), hint: cut(hint) }));
  const { component, state, sinceMs } = status;
  return [`${STATUS_FACTS}/${component}`, { component, state, problems, sinceMs }];
}
