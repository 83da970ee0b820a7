import type { RuleProblem } from '../table/rule-problem.ts';
import { UnwritableError } from './quote.ts';

/** Runs what writes one part of the configuration, and reports a part that cannot be written. */
export type Attempt = <T>(part: { readonly service: string; readonly subject: string }, write: () => T) => T | null;

export function createAttempt(problems: RuleProblem[]): Attempt {
  return ({ service, subject }, write) => {
    try {
      return write();
    } catch (error) {
      if (!(error instanceof UnwritableError)) throw error;
      problems.push({ service, subject, what: `left out, because ${error.message}`, hint: 'change the value' });
      return null;
    }
  };
}
