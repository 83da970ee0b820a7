import type { CheckerVote, SearchStory, TriedName } from '../../view/index.ts';

/** The explanation of an answer, as data. */
export interface Explanation {
  /** Lower case, without trailing dot; type by name. */
  readonly name: string;
  readonly type: string;
  /** Revision of the state; valid on this host only. */
  readonly revision: number;
  /** The host whose server answers: the asker's own host. */
  readonly host: string;
  readonly asker: ExplainedAsker;
  readonly search: SearchStory;
  /** What a program in the container sends, in order; the last one decides. Empty: the client is not a container. */
  readonly queries: readonly ClientQuery[];
  /** An existing name like this one, if the name does not exist. */
  readonly suggestion: string | null;
  /** The names that were looked up, in order; the last one was used. */
  readonly tried: readonly TriedName[];
  readonly reply: ExplainedReply;
  /** Every endpoint that was considered. */
  readonly endpoints: readonly ExplainedEndpoint[];
  /** Null: the name is not forwarded. */
  readonly forward: ExplainedForward | null;
  /** Further remarks. */
  readonly notes: readonly string[];
}

/** One query of a program that completes the name with the search list of its resolv.conf. */
export interface ClientQuery {
  readonly name: string;
  readonly result: string;
  readonly used: boolean;
}

export interface ExplainedAsker {
  /** The container's name, or the kind of asker. */
  readonly label: string;
  readonly address: string | null;
  /** Search list, without trailing dots. */
  readonly search: readonly string[];
  /** Its own names and their targets. */
  readonly links: readonly { readonly name: string; readonly target: string }[];
  /** Its own resolvers. */
  readonly dns: readonly string[];
}

export interface ExplainedReply {
  /** Null: an upstream decides. */
  readonly rcode: string | null;
  /** The decision, in one sentence. */
  readonly meaning: string;
  /** In stable order; real answers rotate. */
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
  /** Whether the endpoint is in the answer to this question. */
  readonly given: boolean;
  readonly reason: string;
  /** What the hosts that check it say, if its health is the reason. Agents of earlier versions do not tell. */
  readonly votes?: readonly CheckerVote[];
  readonly weight: number;
}

export interface ExplainedForward {
  /** The forwarded name. */
  readonly name: string;
  /** In order, `address:port`. */
  readonly upstreams: readonly string[];
  readonly reason: string;
}
