import type { Problem } from '../../model/index.ts';

/** A problem of one rule, certificate or balancer: `subject` names it. Everything else goes on. */
export interface RuleProblem extends Problem {
  /** Key of the balancer or of the service whose labels are wrong. */
  readonly service: string;
}
