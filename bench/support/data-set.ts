/** The data of all servers of a comparison: services with their addresses, as names below one suffix. */
export interface DataSet {
  readonly title: string;
  readonly services: readonly BenchService[];
  /** Whether names of containers are queried, too. */
  readonly containerNames: boolean;
  /** Client containers of this host: the first has ASKERS_FROM, each further one the next address. */
  readonly askers: number;
}

export interface BenchService {
  readonly stack: string;
  readonly name: string;
  readonly addresses: readonly string[];
  /** Of its containers, besides those of Compose. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A name without trailing dot and its addresses. */
export interface BenchRecord {
  readonly name: string;
  readonly addresses: readonly string[];
}

export const SUFFIX = 'rancher.internal';
/** All of 127.0.0.0/8 is local, so each client has its own address without configuration. */
export const ASKERS_FROM = '127.0.10.1';

/** Port of the containers of `publishedSet`. */
export const PUBLISHED_PORT = 8_080;

/** The service whose address the change part changes. */
export const WATCHED = { stack: 'stack-00', name: 'web-00' };

/** 1,000 services in 50 stacks, 5 addresses each, queried by 48 containers in 48 of the stacks. */
export function scopedSet(): DataSet {
  const title = '1,000 services with 5 addresses each, 48 askers known by their address';
  return { title, services: makeServices(50, 20, 5), containerNames: false, askers: 48 };
}

/** 50,000 services of one container each: a name for the service and one for the container. */
export function namesSet(): DataSet {
  return { title: '100,000 names', services: makeServices(500, 100, 1), containerNames: true, askers: 48 };
}

/** 4,000 services of five containers each. */
export function largeSet(): DataSet {
  return { title: '20,000 containers', services: makeServices(200, 20, 5), containerNames: true, askers: 48 };
}

/** 1,000 services of ten containers each; each is published under a name of its own at this port. */
export function publishedSet(port: number): DataSet {
  const services = makeServices(50, 20, 10).map((service) => ({
    ...service,
    labels: {
      'drover.lb.entry': `http:${port}`,
      'drover.lb.port': String(PUBLISHED_PORT),
      'drover.lb.host': `${service.name}.${service.stack}.example.com`,
    },
  }));
  return { title: '1,000 published services of 10 containers', services, containerNames: false, askers: 0 };
}

/** All names, those of services first. */
export function recordsOf({ services, containerNames }: DataSet): readonly BenchRecord[] {
  const records = services.map((service) => ({ name: fullName(service), addresses: service.addresses }));
  if (!containerNames) return records;
  return [
    ...records,
    ...services.flatMap((service) =>
      service.addresses.map((address, at) => ({
        name: `${containerName(service, at)}.${SUFFIX}`,
        addresses: [address],
      })),
    ),
  ];
}

export function fullName({ stack, name }: Pick<BenchService, 'stack' | 'name'>): string {
  return `${name}.${stack}.${SUFFIX}`;
}

export function containerName({ stack, name }: BenchService, at: number): string {
  return `${stack}-${name}-${at + 1}`;
}

export function stackOf(asker: number): string {
  return `stack-${two(asker)}`;
}

export function askerAddress(asker: number): string {
  return ASKERS_FROM.replace(/\d+$/, (last) => String(Number(last) + asker));
}

function makeServices(stacks: number, perStack: number, addresses: number): readonly BenchService[] {
  return Array.from({ length: stacks * perStack }, (_, at) => ({
    stack: stackOf(Math.floor(at / perStack)),
    name: `web-${two(at % perStack)}`,
    addresses: Array.from({ length: addresses }, (_unused, n) => addressOf(at * addresses + n)),
  }));
}

function addressOf(n: number): string {
  return `10.${64 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
}

const two = (n: number) => String(n).padStart(2, '0');
