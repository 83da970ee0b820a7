import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runCommand } from '../../system/index.ts';
import { BASE_IMAGE, importBaseImage } from '../support/base-image.ts';
import { startConsulCluster } from '../support/consul.ts';
import { composeUp, inside } from '../support/containers.ts';
import { type Engine, startEngine } from '../support/engine.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createTestHost, type TestHost } from '../support/test-host.ts';
import { RESOLVER } from '../support/world.ts';

const resources = createResources();
afterAll(() => resources.close());

test('the systemd unit is accepted by systemd-analyze verify', async () => {
  const host = await createTestHost(resources, 'unit');
  const unit = (await readFile('deploy/drover.service', 'utf8')).replaceAll('/opt/drover', process.cwd());
  const path = join(host.dir, 'drover.service');
  await writeFile(path, unit);
  // Units that the machine lacks (docker.service) are named only as an order, so nothing may be printed.
  const { all, exitCode } = await execa('systemd-analyze', ['verify', '--man=no', path], { all: true, reject: false });
  expect({ all: (all ?? '').split('\n').filter((line) => line.includes('drover')), exitCode }).toEqual({
    all: [],
    exitCode: 0,
  });
});

interface ComposeService {
  readonly image: string;
  readonly command: readonly string[] | string;
  readonly entrypoint?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly network_mode: string;
  readonly pid: string;
  readonly cap_add: readonly string[];
  readonly security_opt: readonly string[];
  readonly volumes: readonly string[];
}

test('the image is built on a base of our own, and the services of compose.yaml answer a container', async () => {
  const host = await createTestHost(resources, 'image');
  await host.run('mount', ['--make-rshared', '/run/netns']);
  const engine = await startEngine(resources, host, { dns: [RESOLVER] });
  await engine.buildBusybox();
  await importBaseImage(engine);
  await buildImage(host, engine);
  await startConsulCluster(resources, { host, servers: 1, addresses: ['127.0.0.1'] });

  const { services } = parse(await readFile('deploy/compose.yaml', 'utf8'), { merge: true }) as {
    services: Record<string, ComposeService>;
  };
  await mkdir(join(host.dir, 'etc'));
  for (const name of ['agent', 'dns', 'metadata']) {
    await createFromCompose(engine, host, name, services[name] as ComposeService);
  }
  await composeUp({ engine }, 'shop', 'web', 1, { network: 'bridge' });
  await composeUp({ engine }, 'shop', 'app', 1, { network: 'bridge' });
  const output = await poll(() => inside({ engine }, 'shop-app-1', 'nslookup -type=a web.shop'), {
    what: 'web.shop answered by the containers of compose.yaml',
    timeoutMs: 40_000,
    intervalMs: 200,
  });
  expect(output).toMatch(/Address: *172\.17\./);
  const self = await poll(
    () => inside({ engine }, 'shop-app-1', `wget -qO- http://${RESOLVER}/latest/self/service/name`),
    {
      what: 'metadata answered by the containers of compose.yaml',
    },
  );
  expect(self).toBe('app');

  // Both servers were run when the image was built: now they find everything compiled, and add nothing when they end.
  const cache = 'find /opt/drover/node_modules/.cache/drover -type f | wc -l';
  for (const name of ['drover-dns', 'drover-metadata']) {
    const compiled = await inside({ engine }, name, cache);
    expect(Number(compiled)).toBeGreaterThan(500);
    await engine.docker.getContainer(name).restart({ t: 10 });
    expect(await inside({ engine }, name, cache), name).toBe(compiled);
  }

  const source = 'printf "{{#each services}}{{name}} {{/each}}" >/tmp/names.hbs';
  const template = `drover template --metadata http://${RESOLVER} -s /tmp/names.hbs -d /tmp/names --once && cat /tmp/names`;
  const names = await poll(() => inside({ engine }, 'drover-agent', `${source}; ${template}`), {
    what: 'a template filled by the image',
  });
  expect(names).toContain('app web');
}, 180_000);

async function buildImage(host: TestHost, { docker }: Engine): Promise<void> {
  const context = join(host.dir, 'context');
  await runCommand('sh', ['deploy/build-image', '--context', context], { timeoutMs: 120_000 });
  const tar = execa('tar', ['-C', context, '-c', '.'], { buffer: false, encoding: 'buffer' });
  const stream = await docker.buildImage(tar.stdout, { t: 'drover:0.1.0', buildargs: { BASE: BASE_IMAGE } });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, events: { error?: string }[] | null) => {
      const failed = events?.find((event) => event.error);
      if (error || failed) reject(error ?? new Error(failed?.error));
      else resolve();
    });
  });
}

const UNMASK = 'systempaths=unconfined';

/** What `docker compose up` would create of this service, with the paths of the test's own host. */
async function createFromCompose(engine: Engine, host: TestHost, name: string, service: ComposeService): Promise<void> {
  const here: Readonly<Record<string, string>> = {
    '/var/run/docker.sock': engine.socketPath,
    '/var/lib/docker': join(host.dir, 'engine/data'),
    '/etc/drover': join(host.dir, 'etc'),
  };
  const binds = service.volumes.map((volume) => {
    const [source = '', target = '', mode] = volume.split(':');
    const inside = source === '/var/lib/docker' ? here[source] : target;
    return [here[source] ?? source, inside, mode].filter(Boolean).join(':');
  });
  const environment = { ...service.environment, DROVER_HOST_ADDRESS: '127.0.0.1', DROVER_HOST_NAME: 'image' };
  const create: Docker.ContainerCreateOptions = {
    name: `drover-${name}`,
    Image: service.image,
    Cmd: [...service.command],
    ...(service.entrypoint ? { Entrypoint: [...service.entrypoint] } : {}),
    Env: Object.entries({ ...environment }).map(([key, value]) => `${key}=${value}`),
    HostConfig: {
      NetworkMode: service.network_mode,
      PidMode: service.pid,
      CapAdd: [...service.cap_add],
      SecurityOpt: service.security_opt.filter((option) => option !== UNMASK),
      // What the command line makes of systempaths=unconfined.
      ...(service.security_opt.includes(UNMASK) ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
      Binds: binds,
      RestartPolicy: { Name: 'always' },
    },
  };
  const container = await engine.docker.createContainer(create);
  await container.start();
}
