import type { RuleProblem } from '../table/rule-problem.ts';
import { UnwritableError } from './quote.ts';

/** A part of the configuration, or the reason why it is left out. */
export type Attempt<T> =
  | { readonly written: T; readonly problem: null }
  | { readonly written: null; readonly problem: RuleProblem };

export function attempt<T>(
  { service, subject }: { readonly service: string; readonly subject: string },
  write: () => T,
): Attempt<T> {
  try {
    return { written: write(), problem: null };
  } catch (error) {
    if (!(error instanceof UnwritableError)) throw error;
    const problem = { service, subject, what: `left out, because ${error.message}`, hint: 'change the value' };
    return { written: null, problem };
  }
}
