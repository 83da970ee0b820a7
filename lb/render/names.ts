import { NO_RULE_OPTIONS } from '../../model/index.ts';
import type { Backend } from '../table/table.ts';
import { NAMES } from './run-time-maps.ts';

/** Begins the names of sections that are Drover's own: `backendNames` gives no backend such a name. */
const OWN = 'drover:';

/** The section that makes HAProxy read the map of names. No rule chooses it. */
export const NAMES_SECTION = `${OWN}${NAMES}`;

/** How many backends of a kind can come before a reload makes sections for them. */
const SPARES = 16;

/** The backends whose sections differ in their names only, with an example. Most services have one of these. */
export const SPARE_KINDS = { plain: NO_RULE_OPTIONS, redirect: { ...NO_RULE_OPTIONS, redirectHttps: true } } as const;

export type SpareKind = keyof typeof SPARE_KINDS;

/** Sections without a backend, which get one at run time. Those that redirect to another port have other names. */
export function spareSections(kind: SpareKind, httpsPort: number): readonly string[] {
  const prefix = `${OWN}spare-${kind}${kind === 'redirect' ? `-${httpsPort}` : ''}`;
  return Array.from({ length: SPARES }, (_, at) => `${prefix}-${at + 1}`);
}

export function spareBackend(kind: SpareKind, name: string): Backend {
  return {
    ...{ name, protocol: 'http', balancer: '', services: [], options: SPARE_KINDS[kind], stickiness: null },
    ...{ cookieKey: '', drainTimeoutMs: null, servers: [], namedServers: [], leftOut: [] },
  };
}

/** The entry of a section without a backend in the map of names. */
export const NO_BACKEND = '-';

/** The entry of a section in the map of names. `version` distinguishes the versions of a backend that needs no section of its own. */
export function nameEntry(backend: string, version: string | null): string {
  return version === null ? backend : `${backend}/${version}`;
}

/** The backend that a section is for. */
export const backendOf = (entry: string): string => entry.split('/', 1)[0] ?? entry;

/** Whether the backend needs no section of its own. */
export const isMovable = (entry: string): boolean => entry.includes('/');
