import {
  ALIASES,
  endpointName,
  REVERSE_ZONE,
  SERVICES,
  type Service,
  TEXTS,
  WILDCARDS,
  ZONE,
  ZONE_TTL,
} from './zone.ts';

/** The zone as a zone file [RFC 1035 §5]. */
export function zoneFile(): string {
  return text([
    ...head(ZONE),
    ...SERVICES.flatMap(ofService),
    ...ALIASES.map(({ name, stack, target }) => `${name}.${stack}.${ZONE} CNAME ${target}`),
    ...TEXTS.flatMap(({ name, stack, texts }) => texts.map((one) => `${name}.${stack}.${ZONE} TXT "${one}"`)),
    ...WILDCARDS,
  ]);
}

/** The reverse zone. */
export function reverseZoneFile(): string {
  const pointers = SERVICES.flatMap((service) =>
    service.ipv4.map((address, at) => `${reverseName(address)} PTR ${endpointName(service, at)}`),
  );
  return text([...head(REVERSE_ZONE), ...pointers]);
}

/** `4.3.2.1.in-addr.arpa.` of 1.2.3.4. */
export function reverseName(address: string): string {
  return `${address.split('.').reverse().join('.')}.in-addr.arpa.`;
}

function head(zone: string): readonly string[] {
  return [`${zone} SOA ${ZONE} hostmaster.${ZONE} 1 60 10 86400 ${ZONE_TTL}`, `${zone} NS ns.${ZONE}`];
}

function ofService(service: Service): readonly string[] {
  const owner = `${service.name}.${service.stack}.${ZONE}`;
  const { ipv4, ipv6, port } = service;
  const ofEndpoint = (at: number) => endpointName(service, at);
  const services = port === null ? [] : ipv4.map((_, at) => `SRV 1 1 ${port} ${ofEndpoint(at)}`);
  return [
    ...ipv4.map((address) => `${owner} A ${address}`),
    ...ipv6.map((address) => `${owner} AAAA ${address}`),
    ...ipv4.map((address, at) => `${ofEndpoint(at)} A ${address}`),
    ...services.flatMap((data) => [
      `${owner} ${data}`,
      `_${port}._tcp.${owner} ${data}`,
      `_http._tcp.${owner} ${data}`,
    ]),
    // A name without addresses needs another record to exist.
    ...(ipv4.length + ipv6.length === 0 ? [`${owner} HINFO "nothing" "ready"`] : []),
  ];
}

function text(lines: readonly string[]): string {
  const address = `ns.${ZONE} A 127.0.0.1`;
  return `${[`$TTL ${ZONE_TTL}`, ...lines, ...(lines[0]?.startsWith(ZONE) ? [address] : [])].join('\n')}\n`;
}
