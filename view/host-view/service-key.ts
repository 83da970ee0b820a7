import { type Container, compareText, type ServiceDeclaration } from '../../model/index.ts';

/** The key of a service in lower case: `inner` is `web` or, for a sidekick, `web/log`. */
export interface ServiceKey {
  readonly stack: string;
  readonly inner: string;
}

export function formatServiceKey({ stack, inner }: ServiceKey): string {
  return `${stack}/${inner}`;
}

/** Null without a stack. */
export function parseServiceKey(key: string): ServiceKey | null {
  const slash = key.indexOf('/');
  return slash < 0 ? null : { stack: key.slice(0, slash).toLowerCase(), inner: key.slice(slash + 1).toLowerCase() };
}

/** The name in DNS, relative to the suffix: `web.shop`, a sidekick `log.web.shop`. */
export function serviceName({ stack, inner }: ServiceKey): string {
  return inner.includes('/') ? [...inner.split('/').reverse(), stack].join('.') : `${inner}.${stack}`;
}

/** `stack/sidekick` -> name of the declared primary service; if two claim a sidekick, the first by key. */
export function sidekicksOf(declarations: ReadonlyMap<string, ServiceDeclaration>): ReadonlyMap<string, string> {
  const leaders = [...declarations.values()].filter((declaration) => declaration.sidekicks.length > 0);
  leaders.sort((a, b) => compareText(a.stack.toLowerCase(), b.stack.toLowerCase()) || compareText(a.name, b.name));
  const sidekicks = new Map<string, string>();
  for (const { stack, name, sidekicks: names } of leaders) {
    for (const sidekick of names) {
      const key = `${stack}/${sidekick}`.toLowerCase();
      if (!sidekicks.has(key)) sidekicks.set(key, name);
    }
  }
  return sidekicks;
}

/** Null for a standalone container, and for names that contain a `/`. */
export function keyOfContainer(container: Container, sidekickOf: ReadonlyMap<string, string>): ServiceKey | null {
  const { stack, service, primaryService } = container;
  if (stack === null || service === null) return null;
  return keyOf(stack, service, primaryService ?? service, sidekickOf);
}

export function keyOfDeclaration(
  { stack, name }: ServiceDeclaration,
  sidekickOf: ReadonlyMap<string, string>,
): ServiceKey | null {
  return keyOf(stack, name, name, sidekickOf);
}

function keyOf(
  stack: string,
  service: string,
  primary: string,
  sidekickOf: ReadonlyMap<string, string>,
): ServiceKey | null {
  if (!isTold(stack) || !isTold(service) || !isTold(primary)) return null;
  const lower = { stack: stack.toLowerCase(), service: service.toLowerCase(), primary: primary.toLowerCase() };
  const declared = sidekickOf.size === 0 ? undefined : sidekickOf.get(`${lower.stack}/${lower.service}`)?.toLowerCase();
  const leader = lower.primary === lower.service ? (declared ?? lower.primary) : lower.primary;
  return { stack: lower.stack, inner: leader === lower.service ? lower.service : `${leader}/${lower.service}` };
}

function isTold(name: string): boolean {
  return name !== '' && !name.includes('/');
}
