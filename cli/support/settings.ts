import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config, LoadedConfig } from '../../agent/index.ts';
import type { Problem } from '../../model/index.ts';
import { CommandFailure, EXIT, type Io, usageFailure } from './io.ts';

/** The configuration a command works with. */
export interface Settings {
  readonly config: Config;
  readonly warnings: readonly Problem[];
  /** Arguments that give another `drover` command the same configuration. */
  readonly sameAgain: readonly string[];
}

/** Lets a command take `--config` and every setting as a flag. The configuration decides which flags are settings. */
export function takesSettings(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file (default: /etc/drover/drover.yaml, if it exists)')
    .allowUnknownOption()
    .allowExcessArguments();
}

/** Reads the configuration from file, environment and flags. If it is invalid, the command fails with all problems. */
export async function readSettings(io: Io, command: Command): Promise<Settings> {
  const loaded = await loadSettings(io, command);
  if (!loaded.ok) throw new CommandFailure(loaded.problems, EXIT.usage);
  const sameFile = loaded.file === null ? [] : ['--config', resolve(loaded.file)];
  return { config: loaded.config, warnings: loaded.warnings, sameAgain: [...sameFile, ...withoutArguments(command)] };
}

/** Where the running agent is found, also while the configuration is invalid. */
export interface AgentPlace {
  /** As far as it is valid. */
  readonly config: Config;
  /** Why it is invalid; empty: it is valid. */
  readonly problems: readonly Problem[];
}

/** As `readSettings`, for commands that only ask a running agent: an invalid file or variable does not stop them. */
export async function findAgent(io: Io, command: Command): Promise<AgentPlace> {
  const loaded = await loadSettings(io, command);
  if (loaded.ok) return { config: loaded.config, problems: [] };
  if (loaded.usage) throw new CommandFailure(loaded.problems, EXIT.usage);
  return { config: loaded.readable, problems: loaded.problems };
}

/** The whole configuration, for what needs it without an agent. If it is invalid, the command fails with all problems. */
export function validConfig({ config, problems }: AgentPlace): Config {
  if (problems.length > 0) throw new CommandFailure(problems, EXIT.usage);
  return config;
}

/** All settings as they are now, valid or not. Rejects if an argument is neither a flag nor the value of one. */
export async function loadSettings(io: Io, command: Command): Promise<LoadedConfig> {
  const { loadConfig } = await import('../../agent/index.ts');
  const { config: file } = command.opts<{ config?: string }>();
  const flags = settingFlags(withoutArguments(command));
  const otherFlags = command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []));
  const sources = { file, env: io.env, flags, otherFlags };
  return loadConfig({ readFile: (path) => readFile(path, 'utf8') }, sources);
}

/** The command line without the command's own positional arguments, which come first. */
function withoutArguments({ args, registeredArguments }: Command): readonly string[] {
  const first = args.findIndex((arg) => arg.startsWith('--'));
  return args.slice(Math.min(registeredArguments.length, first < 0 ? args.length : first));
}

/** Parses `--bus-driver consul --supervise=false` into flags and values; anything else is refused. */
export function settingFlags(args: readonly string[]): Record<string, string> {
  const flags: Record<string, string> = {};
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? '';
    if (!arg.startsWith('--')) throw usageFailure(`argument ${arg}`, 'unexpected argument', 'see --help');
    const [name = '', ...rest] = arg.slice(2).split('=');
    const next = args[index + 1];
    if (rest.length > 0) flags[name] = rest.join('=');
    else if (next === undefined || next.startsWith('--')) flags[name] = 'true';
    else {
      flags[name] = next;
      index += 1;
    }
  }
  return flags;
}
