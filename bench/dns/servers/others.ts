import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fullName, SUFFIX } from '../../support/data-set.ts';
import { answersFile } from './answers-file.ts';
import { type Contestant, type Stage, startOnServerCore } from './contestant.ts';

/** The socket limit. */
export const echo: Contestant = {
  name: 'C echo',
  echo: true,
  start: async (stage) => startOnServerCore(stage, stage.programs.echo, ['127.0.0.1', String(stage.port)]),
};

/** The limit for Drover without the addon. */
export const nodeEcho: Contestant = {
  name: 'Node echo (dgram)',
  echo: true,
  fewNames: true,
  start: async (stage) =>
    startOnServerCore(stage, 'node_modules/.bin/node', ['bench/dns/servers/dgram-echo.ts', String(stage.port)]),
};

/** rancher-dns, from the given binary. */
export function rancherDns(program: string): Contestant {
  return {
    name: 'rancher-dns',
    start: async (stage) => {
      const args = [
        ...['-listen', `127.0.0.1:${stage.port}`, '-listenReload', `127.0.0.1:${stage.port + 1000}`],
        ...['-answers', await answersFile(stage), '-ttl', '1', '-never-recurse-to', '127.0.0.1'],
      ];
      return startOnServerCore(stage, program, args, { GOMAXPROCS: '1' });
    },
  };
}

/** Consul answers only below its own domain: `web-00-stack-00.service.consul`. */
export function consul(program: string): Contestant {
  return {
    name: 'Consul',
    fewNames: true,
    nameOf: ({ name }) => `${name.slice(0, -SUFFIX.length - 1).replace('.', '-')}.service.consul`,
    start: async (stage) => {
      const dir = join(stage.dir, 'data');
      await mkdir(dir, { recursive: true });
      const http = stage.port + 1000;
      const config = join(stage.dir, 'consul.json');
      await writeFile(config, JSON.stringify(consulSettings(stage, dir, http)));
      const started = startOnServerCore(stage, program, ['agent', '-dev', '-config-file', config], { GOMAXPROCS: '1' });
      await register(stage, `http://127.0.0.1:${http}`, started.daemon.assertRunning);
      return started;
    },
  };
}

function consulSettings({ port }: Stage, data_dir: string, http: number) {
  const next = (n: number) => port + 2000 + n * 100;
  return {
    data_dir,
    bind_addr: '127.0.0.1',
    client_addr: '127.0.0.1',
    log_level: 'ERR',
    ports: { dns: port, http, grpc: -1, server: next(1), serf_lan: next(2), serf_wan: -1 },
    dns_config: { udp_answer_limit: 5, service_ttl: { '*': '1s' } },
    connect: { enabled: false },
  };
}

const AT_ONCE = 20;

/** One node for each address. */
async function register({ set }: Stage, url: string, assertRunning: () => void): Promise<void> {
  const registrations = set.services.flatMap((service) =>
    service.addresses.map((Address) => ({
      Node: `node-${Address.replaceAll('.', '-')}`,
      Address,
      Service: {
        Service: fullName(service)
          .slice(0, -SUFFIX.length - 1)
          .replace('.', '-'),
        Port: 80,
      },
    })),
  );
  const put = async (body: unknown): Promise<boolean> => {
    const reply = await fetch(`${url}/v1/catalog/register`, { method: 'PUT', body: JSON.stringify(body) });
    return reply.ok;
  };
  const [first, ...others] = registrations;
  const { poll } = await import('../../../test/support/poll.ts');
  await poll(() => put(first), { what: 'Consul with a leader', timeoutMs: 30_000, giveUp: assertRunning });
  const work = async (): Promise<void> => {
    for (let next = others.pop(); next; next = others.pop())
      if (!(await put(next))) throw new Error('Consul refused a registration');
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
