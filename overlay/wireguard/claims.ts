import { addressOf, type Cidr, cidrOf, cidrsOverlap } from '../../model/index.ts';

/** Who has which addresses. Finding a holder costs as much as there are prefix lengths, and an environment has few. */
export class Claims {
  readonly #ownerOf = new Map<string, string>();
  readonly #cidrs: Cidr[] = [];
  readonly #lengths = new Set<number>();

  add(cidr: Cidr, owner: string): void {
    this.#ownerOf.set(cidr.text, owner);
    this.#cidrs.push(cidr);
    this.#lengths.add(cidr.prefixLength);
  }

  /** Who has an address of this range; null: nobody has. */
  holderOf(cidr: Cidr): string | null {
    const first = addressOf(cidr.family, cidr.first);
    for (const length of this.#lengths) {
      const owner = length <= cidr.prefixLength ? this.#ownerOf.get(cidrOf(first, length).text) : undefined;
      if (owner !== undefined) return owner;
    }
    const hasSmaller = [...this.#lengths].some((length) => length > cidr.prefixLength);
    const inside = hasSmaller ? this.#cidrs.find((other) => cidrsOverlap(other, cidr)) : undefined;
    return inside === undefined ? null : (this.#ownerOf.get(inside.text) ?? null);
  }
}
