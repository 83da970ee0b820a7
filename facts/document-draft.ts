import type { DraftMap, Liveness, OverlayChoice, ServiceDeclaration } from '../model/index.ts';

/** What the documents say, in the making. */
export interface DocumentDraft {
  /** By `stack/service`. */
  readonly declarations: DraftMap<ServiceDeclaration>;
  /** By host id. */
  readonly liveness: DraftMap<Liveness>;
  /** By the empty text: there is one at most. */
  readonly overlay: DraftMap<OverlayChoice>;
  /** By subnet: the id of its host. */
  readonly subnets: DraftMap<string>;
}
