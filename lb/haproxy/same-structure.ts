import type { Backend, LbTable } from '../table/table.ts';

/** Whether two tables need the same configuration apart from its servers. Unchanged parts of tables are identical objects. */
export function sameStructure(a: LbTable, b: LbTable): boolean {
  if (a === b) return true;
  if (a.listeners !== b.listeners && !sameItems(a.listeners, b.listeners)) return false;
  if (a.customConfigs !== b.customConfigs && !sameItems(a.customConfigs, b.customConfigs)) return false;
  if (a.backends === b.backends) return true;
  return a.backends.length === b.backends.length && a.backends.every((one, at) => sameBackend(one, b.backends[at]));
}

function sameBackend(a: Backend, b: Backend | undefined): boolean {
  if (b === undefined) return false;
  return (
    a === b ||
    (a.name === b.name &&
      a.protocol === b.protocol &&
      a.balancer === b.balancer &&
      a.options === b.options &&
      a.stickiness === b.stickiness &&
      a.namedServers === b.namedServers)
  );
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}
