/** Each family can have a table of the same name. */
export interface TableId {
  readonly family: 'ip' | 'inet' | 'bridge';
  readonly name: string;
}
