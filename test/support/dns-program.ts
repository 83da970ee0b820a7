import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Daemon, startDaemon } from './daemon.ts';
import type { Resources } from './resources.ts';
import type { TestHost } from './test-host.ts';

const START = new URL('../../.tools/peers/start', import.meta.url).pathname;

export interface DnsProgram {
  readonly name: 'unbound' | 'named' | 'dnsmasq';
  /** File -> text; `DIR` stands for the directory they are written to. */
  readonly files?: Readonly<Record<string, string>>;
  /** `DIR` as above. */
  readonly args: readonly string[];
}

/** Starts a DNS server that `scripts/fetch-peers` unpacked, here or on a test host. */
export async function startDnsProgram(
  resources: Resources,
  { name, files = {}, args }: DnsProgram,
  host: Pick<TestHost, 'enter'> | null = null,
): Promise<Daemon> {
  const directory = await mkdtemp(join(tmpdir(), `drover-${name}-`));
  resources.add(`directory of ${name}`, () => rm(directory, { recursive: true, force: true }));
  const inDirectory = (text: string) => text.replaceAll('DIR', directory);
  for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), inDirectory(text));
  const own = [name, ...args.map(inDirectory)];
  const inside = host ? host.enter(START, own) : { file: START, args: own };
  const daemon = startDaemon(inside.file, inside.args);
  resources.add(name, () => daemon.stop());
  return daemon;
}

/** unbound at an address: `server` are further lines of its server section, `rest` further sections. */
export function unboundAt(address: string, port: number, server: readonly string[], rest = ''): DnsProgram {
  const conf = `server:
  directory: "DIR"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
  interface: ${address}@${port}
  do-ip6: ${isIPv6(address) ? 'yes' : 'no'}
  num-threads: 1
  access-control: 0.0.0.0/0 allow
  access-control: ::0/0 allow
  do-not-query-localhost: no
  module-config: "iterator"
${server.map((line) => `  ${line}\n`).join('')}${rest}
remote-control:
  control-enable: no
`;
  return { name: 'unbound', files: { 'unbound.conf': conf }, args: ['-d', '-c', 'DIR/unbound.conf'] };
}
