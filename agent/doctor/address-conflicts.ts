import { type Cidr, cidrsOverlap, type Problem, parseCidr, type Snapshot } from '../../model/index.ts';

/** A route of the host, as `ip -json route` prints it. */
export interface HostRoute {
  readonly dst: string;
  readonly dev?: string;
}

/** Routes of this host, other than those on `device`, that cover Drover's own addresses. Pure. */
export function findRouteConflicts(
  addresses: readonly string[],
  device: string,
  routes: readonly HostRoute[],
): readonly Problem[] {
  const ours = addresses.flatMap((address) => toCidr(address));
  const foreign = routes.filter(({ dst, dev }) => dst !== 'default' && dev !== device);
  return foreign.flatMap(({ dst, dev = 'none' }) =>
    overlaps(ours, dst).map((own) => conflict(`route ${dst} dev ${dev}`, own, 'dns.address and dns.sourceAddress')),
  );
}

/** Docker networks of any host that overlap the managed network's ranges, so that their containers cannot reach it (Q37). Pure. */
export function findNetworkConflicts(ranges: readonly string[], { hosts }: Snapshot): readonly Problem[] {
  const ours = ranges.flatMap(toCidr);
  return [...hosts.values()].flatMap(({ host, networks }) =>
    [...networks.values()]
      .filter(({ kind }) => kind !== 'managed')
      .flatMap(({ name, subnets }) =>
        subnets.flatMap((subnet) =>
          overlaps(ours, subnet).map((own) =>
            conflict(`Docker network ${name} (${subnet}) on ${host?.name ?? 'a host'}`, own, 'network.range'),
          ),
        ),
      ),
  );
}

function overlaps(ours: readonly Cidr[], text: string): readonly string[] {
  const [cidr] = toCidr(text);
  return cidr ? ours.filter((own) => cidrsOverlap(own, cidr)).map((own) => own.text) : [];
}

function toCidr(text: string): readonly Cidr[] {
  const parsed = parseCidr(text.includes('/') ? text : `${text}/32`);
  return parsed.ok ? [parsed.value] : [];
}

function conflict(subject: string, own: string, setting: string): Problem {
  const hint = `set ${setting} to a range that is free on all hosts, or remove the overlapping network`;
  return { subject, what: `overlaps ${own}, which Drover uses: packets for one would go to the other`, hint };
}
