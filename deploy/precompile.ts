/**
 * Runs the servers briefly with the state of an invented host, so that V8's compile cache is filled (NODE_COMPILE_CACHE, bin/drover).
 * The servers then start faster and use less memory. Run it while building an image: `node deploy/precompile.ts`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { mirrorFile } from '../agent/index.ts';
import type { Container, Host, JsonValue, Network } from '../model/index.ts';
import { openMirror } from '../state/index.ts';

const PROGRAM = fileURLToPath(new URL('../bin/drover', import.meta.url));
const HOST = 'precompile';
const CONTAINERS = 200;
/** Enough rounds for code that V8 compiles late. */
const ROUNDS = 20;
const READY_WITHIN_MS = 30_000;

const network: Network = {
  id: 'bridge',
  hostId: HOST,
  name: 'bridge',
  kind: 'bridge',
  subnets: ['127.0.0.0/24'],
  internal: false,
  device: null,
};

const host: Host = {
  id: HOST,
  name: HOST,
  hostname: HOST,
  address: '192.0.2.1',
  labels: {},
  milliCpu: null,
  memoryBytes: null,
  localStorageMb: null,
  agentVersion: HOST,
  subnets: [],
  routedBridges: false,
  incarnation: 1,
};

/** Two containers per service; the first has the address that the queries come from. */
function container(n: number): Container {
  const service = `web${n >> 1}`;
  return {
    id: `${n}`.padStart(64, '0'),
    uuid: `uuid-${n}`,
    hostId: HOST,
    name: `shop-${service}-${(n & 1) + 1}`,
    hostname: null,
    image: 'web',
    stack: 'shop',
    service,
    primaryService: service,
    serviceIndex: (n & 1) + 1,
    state: 'running',
    health: null,
    wasReady: true,
    networkMode: 'bridge',
    networkFrom: null,
    addresses: [{ networkId: 'bridge', networkName: 'bridge', ipv4: `127.0.0.${n + 1}`, ipv6: null, mac: null }],
    preferredNetwork: null,
    ports: [],
    exposed: [{ port: 80, protocol: 'tcp' }],
    labels: { 'com.docker.compose.project': 'shop' },
    links: {},
    dns: [],
    dnsSearch: [],
    createdAtMs: 0,
    startedAtMs: 0,
    exit: null,
    startCount: 1,
    memoryReservation: null,
    milliCpuReservation: null,
    system: false,
  };
}

function facts(): ReadonlyMap<string, JsonValue> {
  const containers = Array.from({ length: CONTAINERS }, (_, n) => container(n));
  const all = {
    host,
    'network/bridge': network,
    ...Object.fromEntries(containers.map((c) => [`container/${c.id}`, c])),
  };
  return new Map(Object.entries(JSON.parse(JSON.stringify(all)) as Record<string, JsonValue>));
}

/** A server with that state. */
async function start(role: 'dns' | 'metadata', config: string) {
  const port = await freePort();
  const child: ChildProcess = spawn(PROGRAM, [role, '--config', config, '--listen', `127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const exited = once(child, 'exit');
  for (const deadline = Date.now() + READY_WITHIN_MS; !said.includes('"serving"'); await sleep(20))
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`drover ${role} does not serve:\n${said}`);
  return {
    port,
    /** Node writes the compile cache when the process exits. */
    end: async () => {
      child.kill();
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function askMetadata(port: number): Promise<void> {
  const get = async (path: string, accept = 'application/json'): Promise<string> =>
    (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { accept } })).text();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const version of ['latest', '2015-12-19', '2015-07-25']) {
      await get(`/${version}/containers`);
      await get(`/${version}/self/service`, 'application/x-yaml');
      await get(`/${version}/stacks/shop/services/web1/name`, 'text/plain');
      await get(`/${version}/nope`);
    }
    const current = await get('/latest/version');
    await get(`/latest/version?wait=true&value=${current}&maxWait=0`);
    await get('/latest/version?snapshot=new');
  }
}

async function askDns(port: number): Promise<void> {
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let n = 0; n < CONTAINERS / 2; n += 1) {
      const name = `web${n}.shop.rancher.internal`;
      const asked = [resolver.resolve4(name), resolver.resolve6(name), resolver.resolveSrv(`_80._tcp.${name}`)];
      const others = [resolver.resolve4('nope.rancher.internal'), resolver.reverse(`127.0.0.${n + 1}`)];
      await Promise.allSettled([...asked, ...others]);
    }
  }
}

const dir = await mkdtemp(join(tmpdir(), 'drover-precompile-'));
try {
  const settings = { dataDir: join(dir, 'data'), runDir: join(dir, 'run'), log: { format: 'json' } };
  for (const folder of [settings.dataDir, settings.runDir]) await mkdir(folder);
  const config = join(dir, 'drover.yaml');
  await writeFile(config, JSON.stringify(settings));
  const mirror = openMirror(mirrorFile(settings));
  const picture = { hosts: new Map([[HOST, facts()]]), documents: new Map(), complete: true };
  const environment = { name: HOST, uuid: HOST, suffixes: ['rancher.internal.'] };
  mirror.save({ environment, hostId: HOST, revision: 1, picture, savedAtMs: Date.now() });
  mirror.close();
  const [dns, metadata] = [await start('dns', config), await start('metadata', config)];
  await Promise.all([askDns(dns.port), askMetadata(metadata.port)]);
  await Promise.all([dns.end(), metadata.end()]);
} finally {
  await rm(dir, { recursive: true, force: true });
}
