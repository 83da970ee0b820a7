/**
 * The unit of isolation: hosts, names and addresses of one environment are not visible in another, even on a shared bus.
 * Drover is authoritative for the DNS `suffixes`, of which the first is the main one; lower case, absolute (`rancher.internal.`).
 */
export interface Environment {
  readonly name: string;
  readonly uuid: string;
  readonly suffixes: readonly string[];
}
