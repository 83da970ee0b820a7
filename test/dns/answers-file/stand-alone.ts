import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Packet } from 'dns2';
import { type Daemon, startDaemon } from '../../support/daemon.ts';
import { poll } from '../../support/poll.ts';
import type { Resources } from '../../support/resources.ts';
import { type Behaviour, startUpstream, type UpstreamServer, withAddress } from '../upstream-server.ts';

/** A `drover dns --answers` process. */
export interface StandAlone {
  readonly daemon: Daemon;
  readonly port: number;
  /** Port of `POST /v1/reload`. */
  readonly reloadPort: number;
  readonly path: string;
  readonly control: string;
  write(text: string): Promise<void>;
  /** POST /v1/reload. */
  reload(): Promise<{ readonly status: number; readonly body: string }>;
}

export interface StandAloneOptions {
  /** Null: there is no file. */
  readonly text: string | null;
  readonly flags?: readonly string[];
}

const FIXTURE = resolve('test/fixtures/answers/shop.yaml');

/** The fixture with this upstream resolver. */
export async function shopFile(upstream: string): Promise<string> {
  return (await readFile(FIXTURE, 'utf8')).replaceAll('UPSTREAM', upstream);
}

/** Starts the process on free ports of 127.0.0.1, reachable from all of 127.0.0.0/8. */
export async function startStandAlone(resources: Resources, options: StandAloneOptions): Promise<StandAlone> {
  const { text, flags = [] } = options;
  const dir = await mkdtemp(join(tmpdir(), 'drover-answers-'));
  resources.add('directory of answers', () => rm(dir, { recursive: true, force: true }));
  const path = join(dir, 'answers.yaml');
  const control = join(dir, 'dns.sock');
  if (text !== null) await writeFile(path, text);
  const where = ['-listen', '127.0.0.1:0', '-listenReload', '127.0.0.1:0', '-answers', path, '--control', control];
  const daemon = startDaemon(resolve('bin/drover'), ['dns', ...where, ...flags]);
  resources.add('drover dns --answers', () => daemon.stop());
  const { port, reloadPort } = await poll(() => portsOf(daemon.output()), {
    what: 'the server to serve',
    timeoutMs: 20_000,
    giveUp: daemon.assertRunning,
  });
  return {
    daemon,
    port,
    reloadPort,
    path,
    control,
    write: (next) => writeFile(path, next),
    reload: async () => {
      const response = await fetch(`http://127.0.0.1:${reloadPort}/v1/reload`, { method: 'POST' });
      return { status: response.status, body: await response.text() };
    },
  };
}

/** The ports in its log; null before they are logged. */
function portsOf(output: string): { readonly port: number; readonly reloadPort: number } | null {
  const line = logLines(output).find(({ msg }) => msg === 'serving') as
    | { addresses: readonly { port: number }[]; reload: { port: number } | null }
    | undefined;
  return line ? { port: line.addresses[0]?.port ?? 0, reloadPort: line.reload?.port ?? 0 } : null;
}

/** Its log lines. */
export function logLines(output: string): readonly Record<string, unknown>[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** www.example.com is 192.0.2.1 and has an IPv6 address, servfail fails, all other names are missing. */
export const internet: Behaviour = (request, reply) => {
  const [question] = request.questions;
  const name = question?.name.toLowerCase() ?? '';
  if (name.startsWith('servfail')) reply.header.rcode = Packet.RCODE.SERVFAIL;
  else if (name !== 'www.example.com') reply.header.rcode = Packet.RCODE.NXDOMAIN;
  else if (question?.type === Packet.TYPE.A) return withAddress(request, reply, '192.0.2.1');
  return reply;
};

export function startInternet(resources: Resources): Promise<UpstreamServer> {
  return startUpstream(resources, internet);
}
