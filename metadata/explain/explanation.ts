/** Why a path of the metadata is answered as it is, as data. */
export interface MetadataExplanation {
  /** As it was asked for, with its version. */
  readonly path: string;
  /** Of the state it was looked up in; counts on this host alone. */
  readonly revision: number;
  /** Whose server is asked: an asker's own host's. */
  readonly host: string;
  /** The container's name, or what the asker is taken for. */
  readonly asker: { readonly label: string; readonly address: string | null };
  readonly reply: ExplainedReply;
  /** Key by key, as far as it goes. */
  readonly steps: readonly ExplainedStep[];
  /** What is worth knowing besides. */
  readonly notes: readonly string[];
}

export interface ExplainedReply {
  readonly status: number;
  /** What was decided, in a sentence. */
  readonly meaning: string;
  /** The body for `Accept: text/plain`, and for JSON; null: there is no value. */
  readonly text: string | null;
  readonly json: string | null;
}

export interface ExplainedStep {
  readonly key: string;
  /** What is there, and how it was found. */
  readonly is: string;
}
