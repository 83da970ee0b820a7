/** The form of an address everybody else uses: a dual-stack socket shows `10.1.2.3` as `::ffff:10.1.2.3`. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
