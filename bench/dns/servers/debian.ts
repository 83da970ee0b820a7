import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BenchRecord, SUFFIX } from '../../support/data-set.ts';
import { type Contestant, type Stage, startUnpacked } from './contestant.ts';

// Debian's servers, configured for speed: one thread (there is one core), large socket
// buffers, minimal answers, rotation on, rate limits off.

export const unbound: Contestant = {
  name: 'unbound',
  start: async (stage) => {
    const data = stage.records.flatMap(({ name, addresses }) =>
      addresses.map((address) => `local-data: "${name}. 1 IN A ${address}"`),
    );
    const config = `server:
interface: 127.0.0.1@${stage.port}
do-daemonize: no
username: ""
chroot: ""
directory: "${stage.dir}"
pidfile: ""
use-syslog: no
verbosity: 0
num-threads: 1
so-rcvbuf: 4m
so-sndbuf: 4m
rrset-roundrobin: yes
minimal-responses: yes
module-config: "iterator"
access-control: 127.0.0.0/8 allow
local-zone: "${SUFFIX}." static
local-data: "${SUFFIX}. 1 IN SOA ns.${SUFFIX}. admin.${SUFFIX}. 1 60 60 60 1"
${data.join('\n')}
remote-control:
control-enable: no
`;
    return startUnpacked(stage, 'unbound', ['-d', '-c', await file(stage, 'unbound.conf', config)]);
  },
};

export const nsd: Contestant = {
  name: 'NSD',
  start: async (stage) => {
    await file(stage, 'zone', zone(stage.records));
    const config = `server:
ip-address: 127.0.0.1@${stage.port}
server-count: 1
username: ""
chroot: ""
zonesdir: "${stage.dir}"
pidfile: "${stage.dir}/nsd.pid"
xfrdfile: "${stage.dir}/xfrd.state"
zonelistfile: "${stage.dir}/zone.list"
database: ""
round-robin: yes
minimal-responses: yes
send-buffer-size: 4194304
receive-buffer-size: 4194304
rrl-ratelimit: 0
verbosity: 0
remote-control:
control-enable: no
zone:
name: ${SUFFIX}
zonefile: zone
`;
    return startUnpacked(stage, 'nsd', ['-d', '-c', await file(stage, 'nsd.conf', config)]);
  },
};

export const bind: Contestant = {
  name: 'BIND',
  start: async (stage) => {
    await file(stage, 'zone', zone(stage.records));
    const config = `options {
  directory "${stage.dir}";
  listen-on port ${stage.port} { 127.0.0.1; };
  listen-on-v6 { none; };
  pid-file none;
  session-keyfile none;
  recursion no;
  dnssec-validation no;
  minimal-responses yes;
  notify no;
};
controls {};
zone "${SUFFIX}" { type primary; file "zone"; };
`;
    return startUnpacked(stage, 'named', ['-f', '-4', '-n', '1', '-c', await file(stage, 'named.conf', config)]);
  },
};

export const dnsmasq: Contestant = {
  name: 'dnsmasq',
  start: async (stage) => {
    const hosts = stage.records.flatMap(({ name, addresses }) => addresses.map((address) => `${address} ${name}`));
    const hostsFile = await file(stage, 'hosts', `${hosts.join('\n')}\n`);
    return startUnpacked(stage, 'dnsmasq', [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--user=root',
      '--pid-file',
      `--port=${stage.port}`,
      '--listen-address=127.0.0.1',
      '--bind-interfaces',
      '--no-resolv',
      '--no-hosts',
      `--addn-hosts=${hostsFile}`,
      `--local=/${SUFFIX}/`,
      '--local-ttl=1',
    ]);
  },
};

function zone(records: readonly BenchRecord[]): string {
  const data = records.flatMap(({ name, addresses }) => addresses.map((address) => `${name}. 1 IN A ${address}`));
  return `$ORIGIN ${SUFFIX}.
@ 1 IN SOA ns admin 1 60 60 60 1
@ 1 IN NS ns
ns 1 IN A 127.0.0.1
${data.join('\n')}
`;
}

async function file({ dir }: Stage, name: string, text: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text);
  return path;
}
