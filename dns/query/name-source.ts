import type { DependencyKey, Trail } from '../../view/index.ts';
import type { Question } from './question.ts';
import type { Resolution } from './resolution.ts';

/** Who asks. Askers with equal keys get equal answers, until a change says otherwise. */
export interface Asker {
  /** Its scope in short. */
  readonly key: string;
  /** For people: the container's name, or what the asker is taken for. */
  readonly label: string;
  /** Its own upstream resolvers, asked before the default ones; `address` or `address:port`. */
  readonly dns: readonly string[];
  /** It has no names of its own: what does not depend on `asker` it sees as all others do of whom the same is said. */
  readonly isCommon?: boolean;
  /** Names in closed zones that only it has, absolute, lower case. */
  readonly ownNames?: readonly string[];
}

/** What happened on the way from a question to its resolution. */
export interface Trace extends Trail {
  /** The resolution may be another one once this has changed; the key is one that `Change` speaks of again. */
  depends(on: DependencyKey): void;
}

/** What may be answered differently from now on: the keys a trace was given, or everything and everybody. */
export type Change = 'everything' | ReadonlySet<string>;

/**
 * Zones in which a name exists for nobody that is not among the names told, nor the asker's own, nor of the kind that nobody
 * bears (`OPEN_NAMES`). For the many names that are asked at random there.
 */
export interface ClosedZones {
  /** Absolute, lower case. Another list only with a change of everything. */
  zones(): readonly string[];
  /** Names that exist in them, absolute, lower case; others beside do no harm. */
  names(): Iterable<string>;
  /** The same as far as they may be new by a change of this key. */
  namesByChange(key: string): readonly string[];
}

/** Follows what changes, for one reader. */
export interface ChangeReader {
  /** What has changed since the last call; null: nothing. Askers are to be recognised anew after any change. */
  take(): Change | null;
}

/** Where our own names come from: the state of this host, or an answers file. `A` is the source's own kind of asker. */
export interface NameSource<A extends Asker = Asker> {
  /** At once wherever possible, or a promise while a starting container is looked for. Never rejects. */
  who(address: string): A | Promise<A>;
  /** Who asks, where that is certain now; null: only `who` can tell. Waits for nobody and starts nothing. */
  known(address: string): A | null;
  /** The names everybody has, absolute: worth loading before the first question. */
  names(): Iterable<string>;
  /** Where it is certain what exists; absent: nowhere. */
  readonly closed?: ClosedZones;
  /** What there is to answer now. */
  resolve(asker: A, question: Question, trace?: Trace): Resolution;
  /** What an SOA record says: its primary name server and the serial. */
  authority(): { readonly primary: string; readonly serial: number };
  changes(): ChangeReader;
}
