/** What reading one group has found. */
export interface GroupChanges<T> {
  /** Host id or document key -> its new value; null if it is gone. */
  readonly changes: ReadonlyMap<string, T | null>;
  /** Values with missing parts, probably because they are being replaced: read them again. */
  readonly torn: readonly string[];
}
