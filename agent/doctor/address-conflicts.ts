import { type Cidr, cidrsOverlap, type Problem, parseCidr, type Snapshot } from '../../model/index.ts';

/** A route of the host, as `ip -json route` says it. */
export interface HostRoute {
  readonly dst: string;
  readonly dev?: string;
  readonly gateway?: string;
}

export interface AddressPlan {
  readonly ranges: readonly string[];
  readonly serviceAddresses: readonly string[];
  /** Devices whose routes are ours. */
  readonly ownDevices: readonly string[];
}

/** Routes and Docker networks that overlap the managed network's ranges or our own addresses. Pure. */
export function findAddressConflicts(
  { ranges, serviceAddresses, ownDevices }: AddressPlan,
  routes: readonly HostRoute[],
  snapshot: Snapshot | null,
  peerAddresses: ReadonlySet<string>,
): readonly Problem[] {
  const ours = [...ranges, ...serviceAddresses.map((address) => `${address}/32`)].flatMap(toCidr);
  const foreign = routes.filter(
    ({ dst, dev, gateway }) =>
      dst !== 'default' && !ownDevices.includes(dev ?? '') && !peerAddresses.has(gateway ?? ''),
  );
  const fromRoutes = foreign.flatMap(({ dst, dev }) =>
    overlaps(ours, dst).map((own) => conflict(`route ${dst} dev ${dev ?? 'none'}`, own)),
  );
  return [...fromRoutes, ...networkConflicts(ours, snapshot)];
}

function networkConflicts(ours: readonly Cidr[], snapshot: Snapshot | null): readonly Problem[] {
  return [...(snapshot?.hosts.values() ?? [])].flatMap(({ host, networks }) =>
    [...networks.values()]
      .filter(({ kind }) => kind !== 'managed')
      .flatMap(({ name, subnets }) =>
        subnets.flatMap((subnet) =>
          overlaps(ours, subnet).map((own) =>
            conflict(`Docker network ${name} (${subnet}) on ${host?.name ?? 'a host'}`, own),
          ),
        ),
      ),
  );
}

function overlaps(ours: readonly Cidr[], text: string): readonly string[] {
  const [cidr] = toCidr(text.includes('/') ? text : `${text}/32`);
  return cidr ? ours.filter((own) => cidrsOverlap(own, cidr)).map((own) => own.text) : [];
}

function toCidr(text: string): readonly Cidr[] {
  const parsed = parseCidr(text);
  return parsed.ok ? [parsed.value] : [];
}

function conflict(subject: string, own: string): Problem {
  const mend = 'set network.range (or dns.address) to one that is free on all hosts, or remove what overlaps';
  return { subject, what: `it overlaps ${own}, which Drover uses: traffic for one would go to the other`, mend };
}
