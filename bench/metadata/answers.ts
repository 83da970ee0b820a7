/** The first `version` of the answers; each change replaces it. */
export const FIRST_VERSION = 'version-000000';

const CONTAINERS = 5_000;
const PER_SERVICE = 10;

/** An answers file of rancher-metadata with 5,000 containers in 500 services. Every client is the first container. */
export function answersText(): string {
  const containers = Array.from({ length: CONTAINERS }, (_, n) => containerObject(n));
  const services = Array.from({ length: CONTAINERS / PER_SERVICE }, (_, n) => ({
    name: `web-${n}`,
    uuid: uuid('5', n),
    stack_name: `stack-${n % 50}`,
    kind: 'service',
    scale: PER_SERVICE,
    containers: containers.slice(n * PER_SERVICE, (n + 1) * PER_SERVICE).map(({ name }) => name),
    metadata: { greeting: 'hello' },
  }));
  const self = { container: containers[0], service: services[0] };
  const tree = { version: FIRST_VERSION, containers, services, self };
  return JSON.stringify({ '2016-07-29': { default: tree } });
}

function containerObject(n: number) {
  const service = Math.floor(n / PER_SERVICE);
  return {
    name: `stack-${service % 50}-web-${service}-${(n % PER_SERVICE) + 1}`,
    uuid: uuid('c', n),
    primary_ip: `10.42.${n >> 8}.${n & 255}`,
    ips: [`10.42.${n >> 8}.${n & 255}`],
    primary_mac_address: '02:42:0a:2a:00:01',
    ports: ['0.0.0.0:8080:80/tcp'],
    service_name: `web-${service}`,
    service_index: String((n % PER_SERVICE) + 1),
    stack_name: `stack-${service % 50}`,
    labels: {
      'com.docker.compose.project': `stack-${service % 50}`,
      'com.docker.compose.service': `web-${service}`,
      'io.rancher.stack.name': `stack-${service % 50}`,
    },
    create_index: (n % PER_SERVICE) + 1,
    host_uuid: uuid('a', n % 100),
    hostname: `web-${n}`,
    health_state: 'healthy',
    health_check: null,
    state: 'running',
    external_id: uuid('d', n).replaceAll('-', '').repeat(2),
    dns: ['169.254.169.250'],
    dns_search: ['rancher.internal'],
    links: null,
    system: false,
    metadata_kind: 'container',
  };
}

function uuid(kind: string, n: number): string {
  return `${kind}0000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}
