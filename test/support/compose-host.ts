import { cp, mkdir, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { COMPOSE } from './compose.ts';
import { startDnsProgram } from './dns-program.ts';
import { type Engine, startEngine } from './engine.ts';
import type { Resources } from './resources.ts';
import { createTestHost, type TestHost } from './test-host.ts';

/** A host as the files in deploy/ expect it: Docker's usual paths, and a resolver on the network. */
export interface ComposeHost {
  readonly host: TestHost;
  readonly engine: Engine;
  /** Replaces the host's resolv.conf by a new file, as network managers do. */
  setResolver(address: string): Promise<void>;
  /** Runs Docker Compose on the host with a file of deploy/. */
  compose(file: string, args: readonly string[]): Promise<string>;
}

/** Two resolvers of the host. Each answers `www.corp.example` with an address of its own. */
export const RESOLVERS = { '192.0.2.53': '198.51.100.80', '192.0.2.54': '198.51.100.81' } as const;
const PRIVATE = ['docker', 'netns', 'drover'];

export async function createComposeHost(
  resources: Resources,
  name: string,
  dns: readonly string[],
): Promise<ComposeHost> {
  const host = await createTestHost(resources, name);
  const [etc, run, data] = ['etc', 'run', 'data'].map((part) => join(host.dir, part)) as [string, string, string];
  await cp('/etc', etc, { recursive: true, verbatimSymlinks: true });
  for (const path of [data, join(etc, 'drover'), ...PRIVATE.map((part) => join(run, part))])
    await mkdir(path, { recursive: true });
  const setResolver = async (address: string): Promise<void> => {
    await writeFile(join(etc, 'resolv.conf.new'), `nameserver ${address}\n`);
    await rename(join(etc, 'resolv.conf.new'), join(etc, 'resolv.conf'));
  };
  await setResolver('192.0.2.53');
  const mounts = [
    `mkdir -p /var/lib/docker && mount --bind ${data} /var/lib/docker`,
    // Docker looks only at the first mount of a path. The machine may have one, too: `ip netns add` makes it.
    ...PRIVATE.map((part) => `while umount --lazy /run/${part} 2>/dev/null; do :; done`),
    `mount --bind ${run} /run && mount --bind ${etc} /etc`,
    ...PRIVATE.map((part) => `mount -t tmpfs tmpfs /run/${part}`),
    'mount --make-rshared /run/netns',
    'ip link add name wan0 type bridge && ip link set wan0 up',
    ...Object.keys(RESOLVERS).map((address) => `ip address add ${address}/24 dev wan0`),
  ];
  await host.run('sh', ['-c', mounts.join(' && ')]);
  for (const [address, answer] of Object.entries(RESOLVERS)) await startResolver(resources, host, address, answer);
  const extraArgs = ['--live-restore', '--data-root', '/var/lib/docker', '-H', 'unix:///run/docker.sock'];
  const engine = await startEngine(resources, host, { extraArgs, dns });
  return {
    host,
    engine,
    setResolver,
    compose: (file, args) => {
      const environment = ['DOCKER_HOST=unix:///run/docker.sock', 'HOST_ADDRESS=127.0.0.1'];
      return host.run('env', [...environment, COMPOSE, '-f', resolve('deploy', file), ...args], { timeoutMs: 60_000 });
    },
  };
}

async function startResolver(resources: Resources, host: TestHost, address: string, answer: string): Promise<void> {
  const files = {
    'named.conf': `options { directory "DIR"; listen-on port 53 { ${address}; }; listen-on-v6 { none; }; recursion no;
  pid-file none; session-keyfile none; dnssec-validation no; allow-query { any; }; };
controls { };
zone "corp.example" { type primary; file "DIR/corp.db"; };
`,
    'corp.db': `$TTL 5\n@ IN SOA ns host 1 60 60 60 60\n@ IN NS ns\nns IN A ${address}\nwww IN A ${answer}\n`,
  };
  await startDnsProgram(resources, { name: 'named', files, args: ['-g', '-c', 'DIR/named.conf'] }, host);
}
