import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatProblem, type ServiceDeclaration } from '../../../../model/index.ts';
import { parseManifests, readAttachedFiles } from '../../../../sources/manifest/index.ts';
import { type ComposeConfig, type ComposePort, composeConfig } from '../../../support/compose.ts';

/** A project: texts by path, which of them are named with `-f`, and the environment. */
export interface ComposeCase {
  readonly files: Readonly<Record<string, string>>;
  /** Default: compose.yml. */
  readonly named?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** With -p. */
  readonly stack?: string;
}

/** What both read, in one form. */
export type Services = Readonly<Record<string, unknown>>;

export interface BothReadings {
  /** Null if Compose refuses the project. */
  readonly compose: Services | null;
  readonly error: string;
  readonly drover: Services;
  readonly problems: readonly string[];
  readonly notes: readonly string[];
  readonly unset: { readonly compose: readonly string[]; readonly drover: readonly string[] };
}

/** Reads a project with Compose and with Drover. */
export async function readBoth({
  files,
  named = ['compose.yml'],
  env = {},
  stack,
}: ComposeCase): Promise<BothReadings> {
  const dir = mkdtempSync(join(tmpdir(), 'drover-compose-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    }
    const args = [...(stack ? ['-p', stack] : []), ...named.flatMap((name) => ['-f', name])];
    const oracle = await composeConfig(dir, { args, env });
    const texts = named.map((name) => ({ path: join(dir, name), text: readFileSync(join(dir, name), 'utf8') }));
    const options = { stack, variables: env };
    const { declarations, problems, ignored } = parseManifests(await readAttachedFiles(texts, options), options);
    const short = (text: string) => text.replaceAll(`${dir}/`, '');
    return {
      compose: oracle.config && ofCompose(oracle.config),
      error: oracle.error,
      drover: Object.fromEntries(declarations.map((one) => [`${one.stack}/${one.name}`, ofDrover(one)])),
      problems: problems.map((one) => short(formatProblem(one))),
      notes: ignored.map((one) => short(formatProblem(one))),
      unset: {
        compose: oracle.warnings,
        drover: ignored.flatMap(({ what }) => /variable (\w+),/.exec(what)?.[1] ?? []).sort(),
      },
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function ofCompose({ name, services = {} }: ComposeConfig): Services {
  const entries = Object.entries(services).map(([service, keys]) => {
    const outside = (keys.external_links ?? []).filter((link) => (link.split(':')[0] ?? '') in services);
    return [
      `${name}/${service}`,
      {
        labels: unescaped(keys.labels ?? {}),
        links: [...(keys.links ?? []), ...outside].map(linkText).sort(),
        expose: [...(keys.expose ?? [])].sort(),
        ports: (keys.ports ?? []).map(portOf).sort(),
      },
    ];
  });
  return Object.fromEntries(entries);
}

function ofDrover({ stack, labels, links, expose, ports }: ServiceDeclaration): unknown {
  return {
    labels,
    links: links.map(({ target, alias }) => `${target.slice(stack.length + 1)}:${alias}`).sort(),
    expose: [...expose].sort(),
    ports: ports.map((port) => portOf(parsePort(port))).sort(),
  };
}

function linkText(link: string): string {
  return link.includes(':') ? link : `${link}:${link}`;
}

function portOf({ host_ip: ip = '', published = '', target, protocol = 'tcp' }: ComposePort): string {
  return `${ip}:${published}:${target}/${protocol}`;
}

function parsePort(text: string): ComposePort {
  const [, ip, published, target, protocol] = /^(?:(?:([\d.]+):)?(\d*):)?(\d+)(?:\/(\w+))?$/.exec(text) ?? [];
  return {
    target: Number(target),
    ...(ip ? { host_ip: ip } : {}),
    ...(published ? { published } : {}),
    ...(protocol ? { protocol } : {}),
  };
}

/** Compose prints `$` as `$$`. */
function unescaped(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const plain = (text: string) => text.replaceAll('$$', '$');
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [plain(key), plain(value)]));
}
