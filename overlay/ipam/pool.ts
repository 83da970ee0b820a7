import { type Cidr, cidrHolds, cidrsOverlap, parseIpv4Cidr, problem, type Result } from '../../model/index.ts';

/** A pool under Docker's name for it: `10.42.1.0/24`, or with the part to assign from `10.42.1.0/24,10.42.1.128/25`. */
export interface Pool {
  readonly name: string;
  readonly cidr: Cidr;
  /** Addresses that are not asked for by number come from here. */
  readonly range: Cidr;
}

/** Null: not a pool that addresses can be assigned from. */
export function parsePool(id: string): Pool | null {
  const [name = '', part, ...rest] = id.split(',');
  const cidr = parseIpv4Cidr(name);
  const range = part === undefined ? cidr : parseIpv4Cidr(part);
  if (!cidr || !range || rest.length > 0 || cidr.prefixLength > 30 || !cidrHolds(cidr, range)) return null;
  return { name, cidr, range };
}

/** The first of the other pools that has addresses of this one. */
export function findOverlap({ name, cidr }: Pool, others: readonly string[]): string | null {
  const overlaps = (text: string): boolean => {
    const other = parseIpv4Cidr(text);
    return other !== null && cidrsOverlap(other, cidr);
  };
  return others.find((other) => other !== name && overlaps(other)) ?? null;
}

export function badPool(id: string): Result<never> {
  return problem(
    `address pool ${id || '(none)'}`,
    'is not an IPv4 subnet that addresses can be assigned from',
    'name one: docker network create --ipam-driver drover --subnet 10.42.1.0/24',
  );
}
