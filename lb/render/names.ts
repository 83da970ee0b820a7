import { NO_RULE_OPTIONS } from '../../model/index.ts';
import type { Backend } from '../table/table.ts';
import { NAMES } from './run-time-maps.ts';

/** Begins the names of sections that are Drover's own: `backendNames` gives no backend such a name. */
const OWN = 'drover:';

export const isOwnSection = (name: string): boolean => name.startsWith(OWN);

/** The section that makes HAProxy read the map of names. No rule chooses it. */
export const NAMES_SECTION = `${OWN}${NAMES}`;

/** The section that forwards requests from the worker before a reload to the newest one. */
export const newestSection = (port: number): string => `${OWN}newest-${port}`;

/** How many backends of a kind can come before a reload makes sections for them. */
const SPARES = 16;

/** The backends whose sections differ in their names only, with an example. Most services have one of these. */
export const SPARE_KINDS = { plain: NO_RULE_OPTIONS, redirect: { ...NO_RULE_OPTIONS, redirectHttps: true } } as const;

export type SpareKind = keyof typeof SPARE_KINDS;

/** What the spare sections of a kind have in common; those that redirect to another port are of another kind. */
export function spareDefaults(kind: SpareKind, httpsPort: number): string {
  return `${OWN}spare-${kind}${kind === 'redirect' ? `-${httpsPort}` : ''}`;
}

/** Sections without a backend, which get one at run time. */
export function spareSections(defaults: string): readonly string[] {
  return Array.from({ length: SPARES }, (_, at) => `${defaults}-${at + 1}`);
}

export function spareBackend(kind: SpareKind, name: string): Backend {
  return {
    ...{ name, rule: '', protocol: 'http', balancer: '', services: [], options: SPARE_KINDS[kind], stickiness: null },
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
