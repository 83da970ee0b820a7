import { type Cidr, cidrContains, cidrsOverlap, parseAddress, parseCidr, type SchemaFault } from '../../model/index.ts';

/** The addresses of a configuration, in canonical form, that must not conflict. */
export interface ConfiguredAddresses {
  readonly dns: { readonly address: string; readonly sourceAddress: string; readonly hostAddress: string };
  readonly network: { readonly range: string; readonly ranges: readonly string[]; readonly prefixLength: number };
}

/** Conflicts: addresses used twice, ranges that overlap, ranges too small for one host. */
export function addressFaults(config: ConfiguredAddresses): readonly SchemaFault[] {
  const ranges = [
    { path: ['network', 'range'], text: config.network.range },
    ...config.network.ranges.map((text, index) => ({ path: ['network', 'ranges', index], text })),
  ].flatMap(({ path, text }) => {
    const parsed = parseCidr(text);
    return parsed.ok ? [{ path, cidr: parsed.value }] : [];
  });
  return [...serviceFaults(config.dns, ranges), ...rangeFaults(ranges, config.network.prefixLength)];
}

interface Range {
  readonly path: readonly (string | number)[];
  readonly cidr: Cidr;
}

function serviceFaults(dns: ConfiguredAddresses['dns'], ranges: readonly Range[]): readonly SchemaFault[] {
  const keys = ['address', 'sourceAddress', 'hostAddress'] as const;
  return keys.flatMap((key, index) => {
    const path = ['dns', key];
    const parsed = parseAddress(dns[key]);
    if (!parsed.ok) return [];
    const duplicate = keys.slice(0, index).find((other) => dns[other] === dns[key]);
    if (duplicate) return [{ path, what: `is the same as dns.${duplicate}`, hint: 'use different addresses' }];
    if (parsed.value.family === 6) return [{ path, what: 'is an IPv6 address', hint: 'use an IPv4 address' }];
    const range = ranges.find(({ cidr }) => cidrContains(cidr, parsed.value));
    if (!range) return [];
    return [
      {
        path,
        what: `is inside ${range.path.join('.')} (${range.cidr.text})`,
        hint: 'use an address outside all ranges',
      },
    ];
  });
}

function rangeFaults(ranges: readonly Range[], prefixLength: number): readonly SchemaFault[] {
  return ranges.flatMap(({ path, cidr }, index) => {
    if (cidr.family === 6) return [{ path, what: 'is an IPv6 range', hint: 'use an IPv4 range' }];
    if (cidr.prefixLength > prefixLength) {
      const what = `is smaller than the subnet of one host (/${prefixLength})`;
      return [{ path, what, hint: `use /${prefixLength} or a larger range, or set network.prefixLength` }];
    }
    const other = ranges.slice(0, index).find((before) => cidrsOverlap(before.cidr, cidr));
    if (!other) return [];
    return [{ path, what: `overlaps ${other.path.join('.')} (${other.cidr.text})`, hint: 'remove one of the two' }];
  });
}
