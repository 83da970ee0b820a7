/** A name of Docker's resolver (lower case) on one network: the key in `ViewIndex.docker`. */
export function dockerNameOn(name: string, networkId: string): string {
  return `${name}@${networkId}`;
}
