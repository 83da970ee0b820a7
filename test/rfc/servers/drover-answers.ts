import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDaemon } from '../../support/daemon.ts';
import { ALIASES, endpointName, REVERSE_ZONE, SERVICES, TEXTS, ZONE, ZONE_TTL } from '../zone/zone.ts';
import { untilServing } from './program.ts';
import type { Target } from './target.ts';

const DROVER = new URL('../../../bin/drover', import.meta.url).pathname;

/** A `drover dns --answers` process that listens on every address, as by default. */
export const droverAnswers: Target = {
  name: 'drover-answers',
  title: 'Drover, answers file',
  lacks: {
    wildcard: 'Drover has no wildcards',
    srv: 'an answers file has no SRV records',
  },
  start: async (resources, place) => {
    const directory = await mkdtemp(join(tmpdir(), 'drover-rfc-answers-'));
    resources.add('directory of drover dns', () => rm(directory, { recursive: true, force: true }));
    const path = join(directory, 'answers.json');
    await writeFile(path, JSON.stringify(answers(place.upstreamPort)));
    const listen = ['--listen', `0.0.0.0:${place.at[0]?.port}`, '--listen-reload', '127.0.0.1:0'];
    const daemon = startDaemon(DROVER, [
      'dns',
      '--answers',
      path,
      ...listen,
      '--ttl',
      '600',
      '--control',
      join(directory, 'dns.sock'),
    ]);
    resources.add('drover dns --answers', () => daemon.stop());
    await untilServing(daemon, place, 'drover dns --answers');
  },
};

/** The zone as an answers file. */
function answers(upstreamPort: number): unknown {
  const entry = <T>(answer: T) => ({ answer, ttl: ZONE_TTL });
  const full = ({ name, stack }: { readonly name: string; readonly stack: string }) => `${name}.${stack}.${ZONE}`;
  const endpoints = SERVICES.flatMap((service) =>
    service.ipv4.map((address, at) => ({ name: endpointName(service, at), address })),
  );
  return {
    default: {
      recurse: [`127.0.0.1:${upstreamPort}`],
      authoritative: [ZONE, REVERSE_ZONE],
      a: Object.fromEntries([
        ...SERVICES.map((service) => [full(service), entry([...service.ipv4, ...service.ipv6])]),
        ...endpoints.map(({ name, address }) => [name, entry([address])]),
      ]),
      cname: Object.fromEntries(ALIASES.map((alias) => [full(alias), entry(alias.target)])),
      ptr: Object.fromEntries(endpoints.map(({ name, address }) => [address, entry(name)])),
      txt: Object.fromEntries(TEXTS.map((text) => [full(text), entry(text.texts)])),
    },
  };
}
