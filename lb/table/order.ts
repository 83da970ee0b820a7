import type { PathPattern } from '../../model/index.ts';
import type { Rule } from './table.ts';

type Ordered = Pick<Rule, 'host' | 'path' | 'priority'>;

/**
 * The order of matching within a port; rules that it does not tell apart stay as they are. First those with a priority, ascending.
 * Then by class: exact host and path, exact host, wildcard host and path, wildcard host, path only. Within a class, the longest
 * wildcard comes first, then the longest path, then the path that matches less. A rule for everything is last, whatever its priority.
 */
export function compareRules(a: Ordered, b: Ordered): number {
  return (
    Number(isCatchAll(a)) - Number(isCatchAll(b)) ||
    priorityOf(a) - priorityOf(b) ||
    classOf(a) - classOf(b) ||
    wildcardLength(b) - wildcardLength(a) ||
    pathLength(b) - pathLength(a) ||
    breadthOf(a.path) - breadthOf(b.path)
  );
}

function isCatchAll({ host, path }: Ordered): boolean {
  return host === null && path === null;
}

function priorityOf({ priority }: Ordered): number {
  return priority !== null && priority > 0 ? priority : Number.MAX_SAFE_INTEGER;
}

function classOf({ host, path }: Ordered): number {
  const ofHost = host === null ? 2 : host.kind === 'exact' ? 0 : 1;
  return 2 * ofHost + (path === null ? 1 : 0);
}

function wildcardLength({ host }: Ordered): number {
  return host === null || host.kind === 'exact' ? 0 : host.text.length;
}

function pathLength({ path }: Ordered): number {
  return path?.text.length ?? 0;
}

const BREADTH: readonly PathPattern['kind'][] = ['exact', 'segment', 'regex', 'prefix'];

function breadthOf(path: PathPattern | null): number {
  return path === null ? 0 : BREADTH.indexOf(path.kind);
}
