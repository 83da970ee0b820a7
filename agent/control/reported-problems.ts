import type { Problem } from '../../model/index.ts';

/** The problems in the report of a process; none if the report has another form. Older processes call the hint `mend`. */
export function reportedProblems(report: unknown): readonly Problem[] {
  const { problems } = (report ?? {}) as { readonly problems?: unknown };
  return Array.isArray(problems) ? problems.map(asProblem) : [];
}

function asProblem(reported: unknown): Problem {
  const { subject, what, hint, mend } = (reported ?? {}) as Readonly<Record<string, unknown>>;
  return { subject: String(subject ?? ''), what: String(what ?? ''), hint: String(hint ?? mend ?? '') };
}
