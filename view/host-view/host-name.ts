import type { Host } from '../../model/index.ts';

/** The last label of the names of hosts. */
export const HOST_LABEL = 'host';

/** The name of a host in DNS, lower case and relative to the suffix: `node1.host`. */
export function hostName({ name }: Pick<Host, 'name'>): string {
  return `${name.toLowerCase()}.${HOST_LABEL}`;
}
