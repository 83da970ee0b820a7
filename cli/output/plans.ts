import type { ComponentPlan } from '../../agent/index.ts';
import { formatProblem } from '../../model/index.ts';
import { indented, paragraphs } from './explained.ts';

/** The text of `drover plan`: a paragraph for each component that has something to change, to hold or to report. */
export function formatPlans(plans: readonly ComponentPlan[]): string {
  const changing = plans.map(formatPlan).filter((text) => text !== null);
  return changing.length === 0 ? 'No changes.' : paragraphs(changing);
}

function formatPlan({ component, changes, held, problems }: ComponentPlan): string | null {
  const lines = [
    ...changes,
    ...held.map((line) => `held until 'drover confirm ${component}': ${line}`),
    ...problems.map((problem) => `problem: ${formatProblem(problem)}`),
  ];
  return lines.length === 0 ? null : `${component}\n${indented(lines.join('\n'))}`;
}
