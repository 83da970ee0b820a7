import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { askHaproxy } from '../../../haproxy/index.ts';
import { createRenderer, type RenderedConfig, type RenderSettings } from '../../../lb/render/index.ts';
import type { LbTable } from '../../../lb/table/table.ts';
import { startDaemon } from '../daemon.ts';
import { poll } from '../poll.ts';
import type { Resources } from '../resources.ts';
import type { ServerCertificate } from '../server-certificate.ts';

const HAPROXY = resolve('test/support/haproxy');
const render = createRenderer();

/** A HAProxy with the configuration that Drover renders for a table. */
export interface Balancer {
  readonly config: RenderedConfig;
  readonly settings: RenderSettings;
  /** What it wrote to standard output: the access log. */
  output(): string;
  /** Commands on its stats socket. */
  ask(commands: string): Promise<string>;
}

export interface BalancerOptions {
  readonly certificates?: Readonly<Record<string, ServerCertificate>>;
}

export async function startBalancer(
  resources: Resources,
  table: LbTable,
  { certificates = {} }: BalancerOptions = {},
): Promise<Balancer> {
  const directory = await mkdtemp(join(tmpdir(), 'drover-lb-'));
  resources.add('directory of HAProxy', () => rm(directory, { recursive: true, force: true }));
  const files = Object.entries(certificates).map(([name, { cert, key }]) => [`certs/${name}.pem`, key + cert] as const);
  const settings: RenderSettings = {
    directory,
    certificates: new Map(
      Object.keys(certificates).map((name) => [name, { file: join(directory, `certs/${name}.pem`) }]),
    ),
    certificateDirectory: '/etc/drover/certificates',
    ipv6: true,
    gzip: true,
    oldConnectionsMs: 30_000,
    reachable: false,
  };
  const list = [...settings.certificates.values()].map(({ file }) => `${file}\n`).join('');
  const config = await render(table, settings);
  await writeFiles(directory, new Map([...files, ['certs/all.list', list], ...config.files]));
  const haproxy = startDaemon(HAPROXY, [
    '-W',
    '-S',
    join(directory, 'master.sock'),
    '-f',
    join(directory, 'haproxy.cfg'),
  ]);
  resources.add('HAProxy', () => haproxy.stop());
  const ask = (commands: string): Promise<string> =>
    askHaproxy(join(directory, 'admin.sock'), commands, { signal: AbortSignal.timeout(10_000) });
  await poll(async () => (await ask('show info')).includes(`drover-${config.structure}`), {
    what: 'HAProxy with the configuration',
    giveUp: haproxy.assertRunning,
  });
  return { config, settings, output: haproxy.stdout, ask };
}

/** Writes files with paths relative to the directory. */
export async function writeFiles(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}
