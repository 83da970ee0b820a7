/**
 * What isolates: hosts, names and addresses of one environment are invisible to another, also on one shared bus.
 * `suffixes` are the DNS suffixes we are authoritative for, the first one is the main one; lower case, absolute
 * (`rancher.internal.`).
 */
export interface Environment {
  readonly name: string;
  readonly uuid: string;
  readonly suffixes: readonly string[];
}
