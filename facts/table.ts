import type { JsonValue } from '../model/index.ts';
import { componentStatusKind } from './component-status.ts';
import { containerKind } from './container.ts';
import { declarationKind } from './declaration.ts';
import type { DocumentDraft } from './document-draft.ts';
import { drainingKind, sessionsKind } from './drain.ts';
import { hostKind } from './host.ts';
import type { HostDraft } from './host-draft.ts';
import type { Kind } from './kind.ts';
import { livenessKind } from './liveness.ts';
import { networkKind } from './network.ts';
import { overlayChoiceKind, overlayKind } from './overlay.ts';
import { pathsKind } from './paths.ts';
import { publishedKind } from './published.ts';
import { subnetKind } from './subnet.ts';
import { voteKind } from './vote.ts';

/** The kinds of what the bus carries: facts of hosts, and documents. */
export interface FactTable {
  /** Unknown ones are kept and passed on: a newer agent writes them, and a newer process may read them. */
  readonly facts: KindTable<HostDraft>;
  /** Unknown ones are left out: programs that need them read them from the bus. */
  readonly documents: KindTable<DocumentDraft>;
}

export interface KindTable<Draft> {
  /** The kind of a key and the id in it; null for a kind that this version does not know. */
  find(key: string): { readonly kind: Kind<Draft>; readonly id: string } | null;
  /** What a process of this role gets of each value; undefined: nothing. */
  reductionFor(role: string): Reduce;
}

export type Reduce = (key: string, value: JsonValue) => JsonValue | undefined;

/** Every kind there is. A new kind is one entry here. */
export const factTable: FactTable = {
  facts: createKindTable([
    hostKind,
    containerKind,
    networkKind,
    componentStatusKind,
    voteKind,
    drainingKind,
    sessionsKind,
    publishedKind,
    overlayKind,
    pathsKind,
  ]),
  documents: createKindTable([declarationKind, livenessKind, overlayChoiceKind, subnetKind]),
};

export function createKindTable<Draft>(kinds: readonly Kind<Draft>[]): KindTable<Draft> {
  const byName = new Map(kinds.map((kind) => [kind.name, kind]));
  const find: KindTable<Draft>['find'] = (key) => {
    const slash = key.indexOf('/');
    const kind = byName.get(slash < 0 ? key : key.slice(0, slash));
    const id = slash < 0 ? '' : key.slice(slash + 1);
    return kind && segmentsOf(id) === kind.idSegments ? { kind, id } : null;
  };
  return {
    find,
    reductionFor: (role) => (key, value) => {
      const found = find(key);
      return found ? found.kind.forRole(role, value) : value;
    },
  };
}

/** -1: one of them is empty. */
function segmentsOf(id: string): number {
  if (id === '') return 0;
  const segments = id.split('/');
  return segments.includes('') ? -1 : segments.length;
}

/** Whether a fact of an unknown kind may be kept: its key is one or more segments of printable ASCII. */
export function isFactKey(key: string): boolean {
  return /^[\x21-\x7e]{1,512}$/.test(key);
}
