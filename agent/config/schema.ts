import { z } from 'zod';
import { backendSettings } from '../../model/index.ts';
import { addressFaults } from './addresses.ts';
import { dnsSchema } from './dns-schema.ts';
import {
  address,
  cidr,
  custom,
  deviceName,
  dnsName,
  labels,
  listen,
  optionalPath,
  path,
  plainName,
  port,
  text,
} from './values.ts';

const hostSchema = z
  .strictObject({
    name: text().nullable().default(null).describe("name of this host; if not set, the machine's host name"),
    address: z
      .union([z.literal('auto'), address()])
      .prefault('auto')
      .describe("address at which other hosts reach this host; `auto`: the address of the default route's device"),
    publicAddress: address()
      .nullable()
      .default(null)
      .describe('address at which hosts of other networks reach this host, if it is behind NAT'),
    labels: labels().prefault({}).describe('labels of this host'),
    root: path()
      .default('/')
      .describe(
        "where the host's file system is mounted, for an agent in a container: its resolvers and Docker's settings are read there",
      ),
  })
  .prefault({});

const dockerSchema = z
  .strictObject({
    socket: path().default('/var/run/docker.sock').describe('unix socket of Docker Engine'),
    resyncIntervalMs: z
      .int()
      .min(100)
      .max(30_000)
      .default(30_000)
      .describe('interval between full lists of all containers, which correct missed events'),
  })
  .prefault({});

const consulSchema = z
  .strictObject({
    addresses: z
      .array(z.url({ protocol: /^https?$/, error: 'is not an http:// or https:// address' }))
      .min(1)
      .default(['http://127.0.0.1:8500'])
      .describe('HTTP or HTTPS addresses of Consul (local agent or servers); if one fails, the next is used'),
    token: text().nullable().default(null).describe('ACL token; prefer `tokenFile`'),
    tokenFile: optionalPath().describe('file with the ACL token'),
    caFile: optionalPath().describe('CA certificates (PEM) to verify the Consul server'),
    certFile: optionalPath().describe('client certificate (PEM); requires `keyFile`'),
    keyFile: optionalPath().describe('private key (PEM) of the client certificate'),
    datacenter: text().nullable().default(null).describe("Consul datacenter; if not set, the Consul agent's own"),
    namespace: text().default('drover').describe('prefix of all keys in the KV store'),
    sessionTtlSeconds: z
      .int()
      .min(10)
      .max(86_400)
      .default(15)
      .describe("TTL of the host's session; Consul may take twice as long to expire it"),
  })
  .refine(({ token, tokenFile }) => token === null || tokenFile === null, {
    ...custom('is set, and so is token', 'keep one of them'),
    path: ['tokenFile'],
  })
  .refine(({ certFile, keyFile }) => (certFile === null) === (keyFile === null), {
    ...custom('and keyFile belong together, and one is missing', 'set both or none'),
    path: ['certFile'],
  })
  .prefault({});

const busSchema = z
  .strictObject({
    driver: z
      .enum(['embedded', 'consul'])
      .default('embedded')
      .describe(
        'where hosts share their state: `embedded` is for a single host and needs nothing else, `consul` is for any number',
      ),
    consul: consulSchema,
  })
  .prefault({});

const livenessSchema = z
  .strictObject({
    port: port().default(4250).describe('UDP port on which agents probe each other'),
  })
  .prefault({});

const metadataSchema = z
  .strictObject({
    compatContentType: z
      .boolean()
      .default(false)
      .describe('send the Content-Type of rancher-metadata (JSON as text/plain)'),
    trustedProxies: z
      .array(z.union([cidr(), address()]))
      .prefault([])
      .describe('addresses and ranges whose X-Forwarded-For is trusted'),
  })
  .prefault({});

const networkSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('whether this host takes part in the managed network'),
    name: plainName().default('drover').describe('name of the Docker network that connects containers across hosts'),
    device: deviceName().default('drover1').describe('bridge device of the managed network'),
    range: cidr().prefault('10.42.0.0/16').describe('address range of the managed network, the same on all hosts'),
    prefixLength: z.int().min(8).max(30).default(24).describe("prefix length of each host's subnet"),
    ranges: z.array(cidr()).prefault([]).describe('further ranges, used when the first one is full'),
    mtu: z
      .int()
      .min(576)
      .max(65_535)
      .nullable()
      .default(null)
      .describe(
        "MTU of the bridge; if not set, that of the host's network device, less 100 for the headers of a tunnel unless `backend` is `direct`",
      ),
    guard: z
      .boolean()
      .default(true)
      .describe('port guard: containers on the managed network may send only from their own address'),
    routedBridges: z
      .boolean()
      .default(false)
      .describe(
        'this host routes between its Docker networks, by firewall rules of your own: DNS then answers endpoints on networks that the client does not share',
      ),
    probePort: port()
      .default(7950)
      .describe('UDP port on which hosts probe the paths between their subnets, the same on all hosts'),
    charon: text().default('/usr/lib/ipsec/charon').describe('the program charon of strongSwan, for IPsec'),
    ipsecSecretFile: optionalPath().describe(
      'file with a secret that all hosts share, for IPsec without keys of each host; at least 32 bytes, mode 600',
    ),
    wg: text().default('wg').describe('the program wg of WireGuard'),
    wireguardGo: text().default('wireguard-go').describe('the program wireguard-go, for kernels without WireGuard'),
    backend: z
      .enum(backendSettings)
      .default('auto')
      .describe(
        'how hosts reach each other, for a new environment: `auto` is the best encrypted backend that every host can use; `drover overlay use` changes it',
      ),
    keyMaxAgeDays: z
      .number()
      .positive()
      .max(3650)
      .default(30)
      .describe('age at which the hosts make new keys for their tunnels'),
    restMs: z.int().min(60_000).default(60_000).describe('how long a released address rests while others are free'),
  })
  .prefault({});

const coalesceSchema = z
  .strictObject({
    quietMs: z.int().min(0).max(1000).default(5).describe('changes are collected until none arrives for this long'),
    maxWaitMs: z.int().min(0).max(5000).default(50).describe('maximum time for which changes are collected'),
  })
  .refine(({ quietMs, maxWaitMs }) => quietMs <= maxWaitMs, {
    ...custom('is shorter than quietMs', 'make it at least as long'),
    path: ['maxWaitMs'],
  })
  .prefault({});

const healthSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('whether this host checks containers that declare a health check'),
    haproxy: text().default('haproxy').describe('the HAProxy program that makes the checks, 2.6 or newer'),
  })
  .prefault({});

const lbSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe(
        'whether this host runs the load balancers that its environment declares, and publishes services by labels',
      ),
    haproxy: text().default('haproxy').describe('the HAProxy program of the load balancer, 2.6 or newer'),
    supervise: z
      .boolean()
      .default(true)
      .describe(
        'whether the agent starts this HAProxy; if not, `bin/drover-lb` starts it, as in the container `lb` of the Compose files',
      ),
    certificates: path()
      .default('/etc/drover/certs')
      .describe('directory of certificates with their keys (PEM); changes are taken without a restart'),
    oldConnectionsMs: z
      .int()
      .min(1_000)
      .max(86_400_000)
      .default(30_000)
      .describe(
        'how long connections such as WebSockets may stay open after a reload, which happens when ports, options or unusual rules change',
      ),
    drainTimeoutMs: z
      .int()
      .min(0)
      .max(86_400_000)
      .default(15_000)
      .describe(
        'how long a container that stops may finish its requests, unless its balancer says something else; its connections are closed then',
      ),
  })
  .prefault({});

const metricsSchema = z
  .strictObject({
    listen: listen()
      .nullable()
      .default(null)
      .describe(
        'address and port on which the agent serves `GET /metrics` for Prometheus, to every client that can reach it; if not set, only on the control socket',
      ),
  })
  .prefault({});

const logSchema = z
  .strictObject({
    level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('minimum level of log lines'),
    format: z.enum(['auto', 'json', 'pretty']).default('auto').describe('`auto`: pretty on a terminal, JSON elsewhere'),
  })
  .prefault({});

/** All settings of a host with defaults and meanings. docs/configuration.md is generated from it. */
export const configSchema = z
  .strictObject({
    environment: plainName()
      .default('default')
      .describe('environment of this host; hosts see only hosts of the same environment'),
    suffixes: z
      .array(dnsName())
      .min(1)
      .prefault(['rancher.internal'])
      .describe("DNS suffixes of Drover's own names; the first is the main suffix"),
    dataDir: path()
      .default('/var/lib/drover')
      .describe('data that must survive a reboot: host id, saved state, embedded bus, leases'),
    runDir: path().default('/run/drover').describe('sockets and pid files'),
    manifestsDir: path()
      .default('/etc/drover/manifests')
      .describe('directory of manifests (*.yml, *.yaml) that the agent keeps applied'),
    supervise: z.boolean().default(true).describe('whether the agent starts and supervises DNS and metadata'),
    host: hostSchema,
    docker: dockerSchema,
    bus: busSchema,
    liveness: livenessSchema,
    dns: dnsSchema,
    metadata: metadataSchema,
    network: networkSchema,
    coalesce: coalesceSchema,
    health: healthSchema,
    lb: lbSchema,
    metrics: metricsSchema,
    log: logSchema,
  })
  .superRefine((config, context) => {
    for (const { path, what, hint } of addressFaults(config)) {
      context.addIssue({ code: 'custom', path: [...path], message: what, params: { hint } });
    }
  });

/** The validated configuration of a host: complete, with names and addresses in canonical form. */
export type Config = z.output<typeof configSchema>;
