import type { LbTable } from '../table/table.ts';
import { type LeftOut, withoutParts } from './leave-out.ts';

/** The own texts, else the balancers, that are refused alone: for refusals that name no line. */
export async function findRefused(
  table: LbTable,
  isTaken: (table: LbTable) => Promise<boolean>,
): Promise<readonly LeftOut[]> {
  const customs = table.customConfigs.map(({ balancer }): LeftOut => ({ kind: 'custom', balancer }));
  const refused = await refusedAlone(table, customs, isTaken);
  if (refused.length > 0) return refused;
  const names = new Set(table.listeners.flatMap(({ balancers }) => balancers));
  const balancers = [...names].map((balancer): LeftOut => ({ kind: 'balancer', balancer }));
  return refusedAlone(withoutParts(table, customs), balancers, isTaken);
}

async function refusedAlone(
  table: LbTable,
  parts: readonly LeftOut[],
  isTaken: (table: LbTable) => Promise<boolean>,
): Promise<readonly LeftOut[]> {
  if (!(parts.length > 0 && (await isTaken(withoutParts(table, parts))))) return [];
  const refused: LeftOut[] = [];
  for (const part of parts) {
    const others = parts.filter((one) => one !== part);
    if (!(await isTaken(withoutParts(table, others)))) refused.push(part);
  }
  return refused;
}
