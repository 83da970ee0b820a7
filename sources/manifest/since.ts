import type { JsonValue, ServiceDeclaration } from '../../model/index.ts';
import { isSame } from './files/manifest.ts';

/**
 * The declaration with the time since when its load balancer is declared: that of the document that stands, which may not know it,
 * or else `nowMs`.
 */
export function withSince(
  value: ServiceDeclaration,
  standing: JsonValue | null,
  nowMs: number | null,
): ServiceDeclaration {
  if (value.kind !== 'loadBalancerService' || !value.lbConfig) return value;
  const before = declared(standing);
  const sinceMs = before?.kind === value.kind && before.lbConfig ? (before.lbConfig.sinceMs ?? null) : nowMs;
  return { ...value, lbConfig: { ...value.lbConfig, sinceMs } };
}

/** Whether a document says what the declaration says; files do not say since when. */
export function isDeclaredBy(standing: JsonValue, declaration: ServiceDeclaration): boolean {
  return isSame(standing, withSince(declaration, standing, null));
}

/** What a document on the bus declares, if it is a declaration at all. */
export function declared(value: JsonValue | null): Partial<ServiceDeclaration> | null {
  return value as Partial<ServiceDeclaration> | null;
}
