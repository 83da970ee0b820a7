import type { DependencyKey, DependencyRecorder } from '../../view/index.ts';
import type { Question } from './question.ts';
import type { Resolution } from './resolution.ts';

/** The sender of a query. Askers with equal keys get equal answers until a change is reported. */
export interface Asker {
  /** Identifies the scope of the asker. */
  readonly key: string;
  /** For display: the container's name, or the kind of asker. */
  readonly label: string;
  /** Its own upstream resolvers, asked before the default ones; `address` or `address:port`. */
  readonly dns: readonly string[];
  /** The asker has no names of its own and reaches what others reach: answers that do not depend on the asker are shared by all common askers. */
  readonly isCommon?: boolean;
}

/** Records the dependencies of a resolution. */
export interface Trace extends DependencyRecorder {
  /** The resolution may change when this key appears in a `Change`. */
  depends(on: DependencyKey): void;
}

/** What may have changed: dependency keys that were passed to a trace, or everything. */
export type Change = 'everything' | ReadonlySet<string>;

/** Reports changes to one reader. */
export interface ChangeReader {
  /** What has changed since the last call; null: nothing. After any change, askers must be looked up again. */
  take(): Change | null;
}

/** The source of our own names: the state of this host, or an answers file. `A` is the source's kind of asker. */
export interface NameSource<A extends Asker = Asker> {
  /** The asker at an address. A promise only while a starting container is identified. Never rejects. */
  who(address: string): A | Promise<A>;
  /** The asker, if it is already known; null: call `who`. Has no side effects. */
  known(address: string): A | null;
  /** The names that all askers see, absolute, to load before the first query. */
  names(): Iterable<string>;
  /** Whether this source is authoritative for the name, in any case, without trailing dot. */
  isOurs(name: string): boolean;
  /** The answer to a question now. */
  resolve(asker: A, question: Question, trace?: Trace): Resolution;
  /** Primary name server and serial of the SOA record. */
  authority(): { readonly primary: string; readonly serial: number };
  changes(): ChangeReader;
}
