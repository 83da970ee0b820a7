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
 * path, or else the one at the same place, if no other rule has its port, host and path now.
 */
export function withKeptRules(
  declaration: ServiceDeclaration,
  wrong: readonly WrongRule[],
  before: Partial<ServiceDeclaration> | null,
): ServiceDeclaration {
  const given: unknown = before?.lbConfig?.portRules;
  const old = Array.isArray(given) ? (given as readonly PortRule[]).filter(isMap) : [];
  const { lbConfig } = declaration;
  if (!lbConfig || wrong.length === 0 || old.length === 0) return declaration;
  const portRules = [...lbConfig.portRules];
  const claims = new Set([...portRules.map(claimOf), ...wrong.map((one) => one.claim)]);
  for (const one of wrong) {
    const isGone = (rule: PortRule) => !portRules.some((other) => JSON.stringify(other) === JSON.stringify(rule));
    const samePlace = old.slice(one.index, one.index + 1);
    const kept =
      [...samePlace, ...old].find((rule) => claimOf(rule) === one.claim && isGone(rule)) ??
      samePlace.find((rule) => !claims.has(claimOf(rule)));
    if (kept) portRules.splice(one.index, 0, kept);
  }
  return { ...declaration, lbConfig: { ...lbConfig, portRules } };
}

function claimOf({ sourcePort, hostname, path }: PortRule): string {
  return claim(sourcePort, hostname, path);
}

function claim(port: unknown, hostname: unknown, path: unknown): string {
  return [port, hostname, path].map((part) => String(part || '-').toLowerCase()).join(' ');
}
