import { readdir, readFile } from 'node:fs/promises';
import type { Problem } from '../../model/index.ts';
import { readHostFile } from '../host/host-file.ts';

const FILE = '/etc/docker/daemon.json';

/** Checks Docker's `dns` setting, which gives containers Drover's resolver from their first instruction on. */
export async function checkDockerDns(root: string, resolver: string): Promise<readonly Problem[]> {
  const text = await readHostFile(root, FILE).catch(() => '{}');
  const commandLines = await dockerdCommandLines();
  return judgeDockerDns(resolver, text, commandLines);
}

/** Pure. `daemonJson` is the text of daemon.json, `commandLines` are those of the engines that run on this host. */
export function judgeDockerDns(
  resolver: string,
  daemonJson: string,
  commandLines: readonly (readonly string[])[],
): readonly Problem[] {
  const settings = parseSettings(daemonJson);
  if (settings === null) return [{ subject: FILE, what: 'is not a JSON object', hint: 'correct the file' }];
  const configured = [...(Array.isArray(settings.dns) ? settings.dns : []), ...commandLines.flatMap(dnsArguments)];
  if (configured.length === 1 && configured[0] === resolver) return [];
  const what = configured.includes(resolver)
    ? `Docker's dns setting lists other resolvers besides ${resolver} (${configured.filter((one) => one !== resolver).join(', ')})`
    : `Docker's dns setting lacks ${resolver}: the first lookups of a new container go to another resolver until the agent has written its resolv.conf`;
  const wanted = JSON.stringify({ ...settings, dns: [resolver] });
  return [{ subject: 'Docker', what, hint: `write ${wanted} to ${FILE} and restart Docker` }];
}

function parseSettings(text: string): { readonly [key: string]: unknown } | null {
  try {
    const value: unknown = JSON.parse(text.trim() === '' ? '{}' : text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

function dnsArguments(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, index) => {
    if (arg === '--dns') return [args[index + 1] ?? ''];
    return arg.startsWith('--dns=') ? [arg.slice('--dns='.length)] : [];
  });
}

async function dockerdCommandLines(): Promise<readonly (readonly string[])[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.map((line) => line.split('\0')).filter(([program = '']) => /(^|\/)dockerd$/.test(program));
}
