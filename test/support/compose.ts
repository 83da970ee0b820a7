import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import type { Engine } from './engine.ts';
import type { TestHost } from './test-host.ts';

/** Docker Compose (scripts/fetch-compose). It runs without the docker command; `DOCKER_HOST` names the engine. */
export const COMPOSE = resolve(import.meta.dirname, '../../.tools/compose-trixie/docker-compose');

/** Runs a Compose command on the engine of a host; `file` is a Compose file. Rejects with Compose's messages if it fails. */
export async function compose(
  { engine }: { readonly engine: Engine },
  file: string,
  ...command: readonly string[]
): Promise<string> {
  const env = { DOCKER_HOST: `unix://${engine.socketPath}` };
  const { stdout } = await execa(COMPOSE, ['--progress', 'quiet', '-f', file, ...command], { env });
  return stdout;
}

/** Starts a stack with `docker compose up --detach`; returns the path of its file, for further commands. */
export async function composeStack(
  { engine, host }: { readonly engine: Engine; readonly host: TestHost },
  name: string,
  text: string,
): Promise<string> {
  const file = join(host.dir, `${name}.compose.yml`);
  await writeFile(file, text);
  await compose({ engine }, file, 'up', '--detach');
  return file;
}

/** What `docker compose config` prints as JSON. */
export interface ComposeConfig {
  readonly name: string;
  readonly services: Readonly<Record<string, ComposeService>>;
}

interface ComposeService {
  readonly labels?: Readonly<Record<string, string>>;
  readonly links?: readonly string[];
  readonly external_links?: readonly string[];
  readonly expose?: readonly string[];
  readonly ports?: readonly ComposePort[];
  readonly image?: string;
}

export interface ComposePort {
  readonly target: number;
  readonly published?: string;
  readonly protocol?: string;
  readonly host_ip?: string;
}

/** The merged project of a folder, with all profiles; needs no engine. `warnings` are the variables that are not set. */
export async function composeConfig(
  cwd: string,
  { args = [], env = {} }: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly config: ComposeConfig | null; readonly error: string; readonly warnings: readonly string[] }> {
  const command = ['--profile', '*', ...args, 'config', '--format', 'json'];
  const { stdout, stderr, exitCode } = await execa(COMPOSE, command, { cwd, env, extendEnv: false, reject: false });
  const warnings = [...stderr.matchAll(/The \\"(\w+)\\" variable is not set/g)].map(([, name]) => name ?? '');
  const config = exitCode === 0 ? (JSON.parse(stdout) as ComposeConfig) : null;
  return { config, error: stderr, warnings: [...new Set(warnings)].sort() };
}
