import { z } from 'zod';
import { parseAddress, parseCidr, parseDnsName, parseUpstream, type Result } from '../../model/index.ts';
import { addressFaults } from './addresses.ts';

/** A text with one canonical form, checked by its parser; what the parser says is what the operator reads. */
function parsed(parse: (text: string) => Result<string>) {
  return z.string().transform((text, context) => {
    const result = parse(text);
    if (result.ok) return result.value;
    const { what, hint } = result.problem;
    context.addIssue({ code: 'custom', message: `(${JSON.stringify(text)}) ${what}`, params: { hint } });
    return z.NEVER;
  });
}

/** A refinement's message, with what to do about it. */
function custom(what: string, hint: string) {
  return { error: what, params: { hint } };
}

const canonical = <T extends { readonly text: string }>(result: Result<T>): Result<string> =>
  result.ok ? { ok: true, value: result.value.text } : result;
const address = () => parsed((text) => canonical(parseAddress(text)));
const cidr = () => parsed((text) => canonical(parseCidr(text)));
const dnsName = () => parsed(parseDnsName);
const port = () => z.int().min(1).max(65535);
const path = () =>
  z.string().refine((text) => text.startsWith('/'), custom('is not an absolute path', 'begin it with /'));
const optionalPath = () => path().nullable().default(null);
const deviceName = () =>
  z.string().regex(/^[A-Za-z][\w.-]{0,14}$/, { error: 'is not a device name (1 to 15 letters, digits, _ . -)' });
const plainName = () =>
  z.string().regex(/^[A-Za-z0-9][\w.-]{0,62}$/, { error: 'is not a name (letters, digits, _ . -, at most 63)' });
const text = () => z.string().min(1);
/** `address` or `address:port`, IPv6 with a port in brackets. */
const upstream = () =>
  z
    .string()
    .refine(
      (value) => parseUpstream(value) !== null,
      custom('is not an address with an optional port', 'write it like 10.0.0.2, 10.0.0.2:5353 or [fd00::2]:53'),
    );
/** Upstreams as a list; where there is only text, as in an environment variable, separated by spaces. */
const upstreamList = () =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(' ').filter((item) => item !== '') : value),
    z.array(upstream()),
  );
const labels = () =>
  z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean()]).transform((value) => String(value)),
  );

const hostSchema = z
  .strictObject({
    name: text().nullable().default(null).describe("name of this host; empty: the machine's host name"),
    address: z
      .union([z.literal('auto'), address()])
      .prefault('auto')
      .describe('address other hosts reach this one at; `auto`: the address of the device of the default route'),
    labels: labels().prefault({}).describe('labels of this host'),
  })
  .prefault({});

const dockerSchema = z
  .strictObject({
    socket: path().default('/var/run/docker.sock').describe("Docker Engine's unix socket"),
    resyncIntervalMs: z
      .int()
      .min(100)
      .max(30_000)
      .default(30_000)
      .describe('events are hints: all containers are listed again this often'),
  })
  .prefault({});

const consulSchema = z
  .strictObject({
    addresses: z
      .array(z.url({ protocol: /^https?$/, error: 'is not an http:// or https:// address' }))
      .min(1)
      .default(['http://127.0.0.1:8500'])
      .describe('HTTP or HTTPS addresses of Consul: the local agent, or servers; the next is taken when one fails'),
    token: text().nullable().default(null).describe('ACL token; rather use `tokenFile`'),
    tokenFile: optionalPath().describe('file that holds the ACL token'),
    caFile: optionalPath().describe('certificates (PEM) to check the Consul server with'),
    certFile: optionalPath().describe('client certificate (PEM); needs `keyFile`'),
    keyFile: optionalPath().describe('key (PEM) of the client certificate'),
    datacenter: text().nullable().default(null).describe("Consul datacenter; empty: the Consul agent's own"),
    namespace: text().default('drover').describe('first part of all keys in the KV store'),
    sessionTtlSeconds: z
      .int()
      .min(10)
      .max(86_400)
      .default(15)
      .describe('time to live of the host session; Consul may take twice as long to end it'),
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
      .describe('what the hosts share: `embedded` serves one host without anything else, `consul` any number'),
    consul: consulSchema,
  })
  .prefault({});

const livenessSchema = z
  .strictObject({
    port: port().default(4250).describe('UDP port at which agents probe each other'),
  })
  .prefault({});

const dnsCacheSchema = z
  .strictObject({
    maxBytes: z
      .int()
      .min(0)
      .default(16 * 1024 * 1024)
      .describe('memory for what upstream resolvers said; the least recently used goes first; 0: keep nothing'),
    maxTtlSeconds: z.int().min(0).max(604_800).default(86_400).describe('longer times to live are cut to this'),
    maxStaleSeconds: z
      .int()
      .min(0)
      .max(604_800)
      .default(86_400)
      .describe('how long after its time an answer is given while no upstream resolver answers; 0: never'),
  })
  .prefault({});

const dnsSchema = z
  .strictObject({
    address: address().prefault('169.254.169.250').describe('address DNS and metadata answer at on every host'),
    sourceAddress: address().prefault('169.254.169.251').describe('source of queries to upstream resolvers'),
    hostAddress: address().prefault('169.254.169.252').describe("the host's own end of the cable"),
    namespace: plainName().default('drover').describe('network namespace DNS and metadata run in'),
    device: deviceName().default('drover0').describe("device of the cable's host end"),
    upstreams: z
      .array(upstream())
      .default([])
      .describe("resolvers for all other names, in order; empty: those of the host's /etc/resolv.conf"),
    forward: z
      .record(dnsName(), upstreamList())
      .prefault({})
      .describe(
        'resolvers for the names below a domain, reverse ones too; the longest domain counts; a list, or a text with spaces between; none: such names are asked of nobody and do not exist',
      ),
    cache: dnsCacheSchema,
    ttlSeconds: z.int().min(0).max(5).default(1).describe('time to live of answers for our own names'),
    udpPayloadBytes: z
      .int()
      .min(512)
      .max(4096)
      .default(1232)
      .describe('the largest answer sent over UDP, whatever the client would take; more comes over TCP'),
    compatSearch: z
      .boolean()
      .default(false)
      .describe(
        "complete every name by the asker's search list, as Rancher did: a service google in a stack com then takes google.com",
      ),
    holdMs: z
      .int()
      .min(0)
      .max(5000)
      .default(250)
      .describe('how long a query from an address not known yet waits until its container is known'),
    batching: z
      .enum(['auto', 'off'])
      .default('auto')
      .describe('`auto`: many queries in one system call where the addon could be compiled; `off`: never'),
    kernelAnswers: z
      .enum(['auto', 'off'])
      .default('off')
      .describe(
        "`auto`: the kernel answers plain queries of containers on Drover's network by itself, where it can (Linux 6.6)",
      ),
    maxQueriesPerSecond: z
      .int()
      .min(0)
      .max(10_000_000)
      .default(50_000)
      .describe('UDP queries one container may send; more are dropped before they reach the server; 0: no limit'),
  })
  .prefault({});

const metadataSchema = z
  .strictObject({
    compatContentType: z
      .boolean()
      .default(false)
      .describe('send the Content-Type that rancher-metadata sent (JSON as text/plain)'),
    trustedProxies: z
      .array(z.union([cidr(), address()]))
      .prefault([])
      .describe('addresses and ranges whose X-Forwarded-For is believed'),
  })
  .prefault({});

const networkSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('whether this host has a part of the managed network'),
    name: plainName().default('drover').describe('Docker network that containers on all hosts meet on'),
    device: deviceName().default('drover1').describe('its bridge device on the host'),
    range: cidr().prefault('10.42.0.0/16').describe('addresses of the managed network, equal on all hosts'),
    prefixLength: z.int().min(8).max(30).default(24).describe("length of each host's part of the range"),
    ranges: z.array(cidr()).prefault([]).describe('further ranges, used when the first is full'),
    mtu: z.int().min(576).max(65_535).nullable().default(null).describe("MTU of the bridge; empty: Docker's default"),
    guard: z.boolean().default(true).describe('whether a container on it may send under its own address only'),
    restMs: z.int().min(60_000).default(60_000).describe('how long a freed address is not given out again'),
  })
  .prefault({});

const coalesceSchema = z
  .strictObject({
    quietMs: z.int().min(0).max(1000).default(5).describe('changes are passed on once it was quiet for this long'),
    maxWaitMs: z.int().min(0).max(5000).default(50).describe('and after this at the latest'),
  })
  .refine(({ quietMs, maxWaitMs }) => quietMs <= maxWaitMs, {
    ...custom('is shorter than quietMs', 'make it at least as long'),
    path: ['maxWaitMs'],
  })
  .prefault({});

const logSchema = z
  .strictObject({
    level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info').describe('least important line shown'),
    format: z.enum(['auto', 'json', 'pretty']).default('auto').describe('`auto`: pretty on a terminal, JSON elsewhere'),
  })
  .prefault({});

/** All settings of a host, with their defaults and meanings; the reference page is written from it. */
export const configSchema = z
  .strictObject({
    environment: plainName().default('default').describe('hosts of one environment see each other and nobody else'),
    suffixes: z
      .array(dnsName())
      .min(1)
      .prefault(['rancher.internal'])
      .describe('DNS suffixes of our own names; the first is the main one'),
    dataDir: path().default('/var/lib/drover').describe('what must outlive a reboot: host id, mirror, embedded bus'),
    runDir: path().default('/run/drover').describe('sockets and pid files'),
    manifestsDir: path()
      .default('/etc/drover/manifests')
      .describe('declarations (*.yml, *.yaml) that are applied as long as they stand there'),
    supervise: z.boolean().default(true).describe('whether the agent starts DNS and metadata itself'),
    host: hostSchema,
    docker: dockerSchema,
    bus: busSchema,
    liveness: livenessSchema,
    dns: dnsSchema,
    metadata: metadataSchema,
    network: networkSchema,
    coalesce: coalesceSchema,
    log: logSchema,
  })
  .superRefine((config, context) => {
    for (const { path, what, hint } of addressFaults(config)) {
      context.addIssue({ code: 'custom', path: [...path], message: what, params: { hint } });
    }
  });

/** The validated configuration of a host: everything is there, names and addresses are canonical. */
export type Config = z.output<typeof configSchema>;
