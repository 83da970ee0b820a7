import type { PortRule, ServiceDeclaration } from '../../../model/index.ts';
import { isMap } from './values.ts';

/** A rule of a load balancer that cannot be read. */
export interface WrongRule {
  /** Its place among the rules as written, from 0. */
  readonly index: number;
  /** Its port, host and path as written. */
  readonly claim: string;
}

/** The wrong rules at these places of `lb_config` as written. */
export function wrongRules(lbConfig: unknown, places: readonly number[]): readonly WrongRule[] {
  const written = isMap(lbConfig) ? lbConfig.port_rules : null;
  const list: readonly unknown[] = Array.isArray(written) ? written : [written];
  return [...new Set(places)]
    .sort((a, b) => a - b)
    .map((index) => {
      const rule = list[index];
      return { index, claim: isMap(rule) ? claim(rule.source_port, rule.hostname, rule.path) : '' };
    });
}

/**
 * The declaration with the last good version of its wrong rules, from the declaration of before: the rule with the same port, host and
 * path, or else the one at the same place, if no other rule has its port, host and path now. All rules keep their numbers as written.
 */
export function withKeptRules(
  declaration: ServiceDeclaration,
  wrong: readonly WrongRule[],
  before: Partial<ServiceDeclaration> | null,
): ServiceDeclaration {
  const { lbConfig } = declaration;
  if (!lbConfig || wrong.length === 0) return declaration;
  const given: unknown = before?.lbConfig?.portRules;
  const old = Array.isArray(given) ? placed((given as readonly PortRule[]).filter(isMap), []) : [];
  const rules = placed(lbConfig.portRules, wrong);
  const claims = new Set([...rules.map(({ rule }) => claimOf(rule)), ...wrong.map((one) => one.claim)]);
  for (const one of wrong) {
    const isGone = ({ rule }: Placed) => !rules.some((other) => JSON.stringify(other.rule) === JSON.stringify(rule));
    const samePlace = old.filter(({ index }) => index === one.index);
    const kept =
      [...samePlace, ...old].find((each) => claimOf(each.rule) === one.claim && isGone(each)) ??
      samePlace.find(({ rule }) => !claims.has(claimOf(rule)));
    if (kept) rules.push({ index: one.index, rule: kept.rule });
  }
  rules.sort((a, b) => a.index - b.index);
  const portRules = rules.map(({ index, rule }, at) => (index === at ? rule : { ...rule, number: index + 1 }));
  return { ...declaration, lbConfig: { ...lbConfig, portRules } };
}

interface Placed {
  /** Among the rules as written, from 0. */
  readonly index: number;
  /** Without its number. */
  readonly rule: PortRule;
}

/** Rules with their places as written, none of which is that of a wrong one. */
function placed(rules: readonly PortRule[], wrong: readonly WrongRule[]): Placed[] {
  const taken = new Set(wrong.map(({ index }) => index));
  let next = 0;
  return rules.map(({ number, ...rule }) => {
    while (taken.has(next)) next += 1;
    const index = number === undefined ? next : number - 1;
    next += 1;
    return { index, rule };
  });
}

function claimOf({ sourcePort, hostname, path }: PortRule): string {
  return claim(sourcePort, hostname, path);
}

function claim(port: unknown, hostname: unknown, path: unknown): string {
  return [port, hostname, path].map((part) => String(part || '-').toLowerCase()).join(' ');
}
