/** What another host found out about a host: document `liveness/<hostId>`. */
export interface Liveness {
  readonly state: 'suspect' | 'down';
  /** The incarnation this is about; a host that came back has a higher one. */
  readonly incarnation: number;
  /** Id of the host that found it out. */
  readonly by: string;
}
