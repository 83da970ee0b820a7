import { NO_RULE_OPTIONS, type RuleOptions } from '../../model/index.ts';
import { keepIdentity } from './keep-identity.ts';

/** The options of the rule of a selected service; those that it does not set are the balancer's. */
export function ownOptions(ofBalancer: RuleOptions, own: RuleOptions): RuleOptions {
  const defaults: Readonly<Record<string, unknown>> = { ...NO_RULE_OPTIONS };
  const set = Object.entries(own).filter(([key, value]) => keepIdentity(defaults[key], value) !== defaults[key]);
  return { ...ofBalancer, ...Object.fromEntries(set) };
}
