import type { SearchStory, TriedName } from '../../view/index.ts';

/** Why a name is answered as it is, as data. Addresses and names are as people write them. */
export interface Explanation {
  /** Lower case, without trailing dot; type by name. */
  readonly name: string;
  readonly type: string;
  /** Of the state it was looked up in; counts on this host alone. */
  readonly revision: number;
  /** Whose server is asked: an asker's own host's. */
  readonly host: string;
  readonly asker: ExplainedAsker;
  readonly search: SearchStory;
  /** In order; the one that was chosen last. */
  readonly tried: readonly TriedName[];
  readonly reply: ExplainedReply;
  /** Every endpoint that was considered. */
  readonly endpoints: readonly ExplainedEndpoint[];
  /** Null: it is not asked of anybody else. */
  readonly forward: ExplainedForward | null;
  /** What is worth knowing besides. */
  readonly notes: readonly string[];
}

export interface ExplainedAsker {
  /** The container's name, or what the asker is taken for. */
  readonly label: string;
  readonly address: string | null;
  /** Search list, without trailing dots. */
  readonly search: readonly string[];
  /** Its own names, and what they lead to. */
  readonly links: readonly { readonly name: string; readonly target: string }[];
  /** Its own resolvers. */
  readonly dns: readonly string[];
}

export interface ExplainedReply {
  /** Null: an upstream decides. */
  readonly rcode: string | null;
  /** What was decided, in a sentence. */
  readonly meaning: string;
  /** In stable order; which comes first changes with every answer. */
  readonly answers: readonly ExplainedRecord[];
  readonly additionals: readonly ExplainedRecord[];
}

export interface ExplainedRecord {
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly value: string;
}

export interface ExplainedEndpoint {
  readonly service: string | null;
  readonly container: string | null;
  readonly host: string | null;
  readonly addresses: readonly string[];
  /** Whether it is in the answer to this question, as far as it has such an address. */
  readonly given: boolean;
  readonly reason: string;
  readonly weight: number;
}

export interface ExplainedForward {
  /** What is asked for. */
  readonly name: string;
  /** In order, `address:port`. */
  readonly upstreams: readonly string[];
  readonly reason: string;
}
