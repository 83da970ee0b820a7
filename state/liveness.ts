/** What another host found out about a host: document `liveness/<hostId>`. */
export interface Liveness {
  readonly state: 'suspect' | 'down';
  /** The incarnation it is said of; a host that came back has a higher one. */
  readonly incarnation: number;
  /** Host id of who says so. */
  readonly by: string;
}
