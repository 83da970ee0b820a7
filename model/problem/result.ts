import { printable } from './printable.ts';

/**
 * A problem with an input or a part of the system, for operators. `subject` names the object (`container 3f2a web-1`,
 * `shop.yml:12 services.web.health_check.port`), `what` says what is wrong, `hint` says how to fix it.
 */
export interface Problem {
  readonly subject: string;
  readonly what: string;
  readonly hint: string;
}

/** An expected outcome as a value: failure is data, not an exception. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function problem(
  subject: string,
  what: string,
  hint: string,
): { readonly ok: false; readonly problem: Problem } {
  return { ok: false, problem: { subject, what, hint } };
}

/** The problems without repetition: two sources may report the same one. */
export function distinctProblems(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((one) => [formatProblem(one), one])).values()];
}

/** One line: `subject: what; hint`. */
export function formatProblem({ subject, what, hint }: Problem): string {
  return printable(`${subject}: ${what}; ${hint}`);
}
