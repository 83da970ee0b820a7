import type { Rule } from '../table/table.ts';

/** In the order of matching. */
export interface SplitRules {
  /** Rules with a priority for other than exact hosts. */
  readonly before: readonly Rule[];
  /** Those of simple hosts, for one map. */
  readonly simple: readonly Rule[];
  readonly after: readonly Rule[];
}

/**
 * A host is simple if its rules are for the exact host and for any path or a prefix, and if no rule for other hosts comes between them and `before`.
 * A request that one of these rules matches is matched by no rule of another exact host, so the map can stand before those.
 */
export function splitRules(rules: readonly Rule[]): SplitRules {
  const start = indexOr(
    rules,
    ({ host, path, priority }) => isExact(host) || priority === null || (host ?? path) === null,
    0,
  );
  const end = indexOr(rules, ({ host }) => !isExact(host), start);
  const segment = rules.slice(start, end);
  const others = [...segment.filter((rule) => !isPlain(rule)), ...rules.slice(end)];
  const fixedHosts = new Set(others.map(({ host }) => (isExact(host) ? host?.text : null)));
  const isSimple = ({ host }: Rule): boolean => !fixedHosts.has(host?.text);
  return {
    before: rules.slice(0, start),
    simple: segment.filter(isSimple),
    after: [...segment.filter((rule) => !isSimple(rule)), ...rules.slice(end)],
  };
}

function indexOr(rules: readonly Rule[], test: (rule: Rule) => boolean, from: number): number {
  const at = rules.slice(from).findIndex(test);
  return at === -1 ? rules.length : from + at;
}

function isExact(host: Rule['host']): boolean {
  return host?.kind === 'exact';
}

/** Nothing in a key may be special in the commands that change maps. */
const PLAIN = /^[\w./~%+@:=,-]*$/;

function isPlain({ host, path }: Rule): boolean {
  if (path !== null && path.kind !== 'prefix') return false;
  return PLAIN.test(host?.text ?? '') && PLAIN.test(path?.text ?? '');
}
