/** Why a metadata path has its reply, as data. */
export interface MetadataExplanation {
  /** The requested path, with its version. */
  readonly path: string;
  /** Revision of the state that was read. Each host counts its own revisions. */
  readonly revision: number;
  /** The host whose server replies: the host of the client. */
  readonly host: string;
  /** The client: the container's name, or a description of another client. */
  readonly asker: { readonly label: string; readonly address: string | null };
  readonly reply: ExplainedReply;
  /** The path, key by key, up to the first key that is missing. */
  readonly steps: readonly ExplainedStep[];
  /** What else explains the reply. */
  readonly notes: readonly string[];
}

export interface ExplainedReply {
  readonly status: number;
  /** The reply in one sentence. */
  readonly meaning: string;
  /** The body as text and as JSON. Null: there is no value. */
  readonly text: string | null;
  readonly json: string | null;
}

export interface ExplainedStep {
  readonly key: string;
  /** The value at this key, and how an element of a list was found. */
  readonly is: string;
}
