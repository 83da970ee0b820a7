import type { Problem } from '../../model/index.ts';

/** The problems in the report of a process; none if the report has another form. Older processes call the hint `mend`. */
export function reportedProblems(report: unknown): readonly Problem[] {
  const { problems } = (report ?? {}) as { readonly problems?: unknown };
  return Array.isArray(problems) ? problems.map(asProblem) : [];
}

/** Parses a reply of an agent. In the replies of an agent of an earlier version, `mend` becomes `hint`. */
export function parseReply(text: string): unknown {
  if (!text.includes('"mend":')) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown) => (isOldProblem(value) ? asProblem(value) : value));
}

function isOldProblem(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'subject' in value && 'what' in value && 'mend' in value;
}

function asProblem(reported: unknown): Problem {
  const { subject, what, hint, mend } = (reported ?? {}) as Readonly<Record<string, unknown>>;
  return { subject: String(subject ?? ''), what: String(what ?? ''), hint: String(hint ?? mend ?? '') };
}
