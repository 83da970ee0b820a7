import { type Command, Option } from 'commander';
import type { Problem } from '../../model/index.ts';
import { listenOf, serveUntilEnded, writePidFile } from '../server/stand-alone.ts';
import { hostTools } from '../support/host-tools.ts';
import { CommandFailure, EXIT, type Io } from '../support/io.ts';

interface AnswersFlags {
  readonly answers: string;
  readonly listen?: string;
  readonly listenReload: string;
  readonly ttl: string;
  readonly ndots: string;
  readonly recurserTimeout: string;
  readonly neverRecurseTo: string;
  readonly cacheCapacity: string;
  readonly control?: string;
  readonly pidFile?: string;
  readonly debug?: boolean;
  readonly log?: string;
  readonly metadataServer?: string;
  readonly rancherMetadataAnswer?: string;
}

/** The flags of rancher-dns. */
export function takesAnswersFlags(command: Command): Command {
  return command
    .option('--answers <file>', 'answer from an answers file instead, as rancher-dns did; needs no agent')
    .option('--listen-reload <address:port>', 'with --answers: where POST /v1/reload is taken', '127.0.0.1:8113')
    .option('--ttl <seconds>', 'with --answers: TTL of answers without one, and of cached ones at most', '600')
    .option('--ndots <n>', 'with --answers: complete only names with fewer dots; 0: all names', '0')
    .option('--recurser-timeout <seconds>', 'with --answers: how long upstreams are waited for', '2')
    .option('--never-recurse-to <addresses>', 'with --answers: upstreams not to ask', '169.254.169.250')
    .option('--cache-capacity <n>', 'with --answers: upstream replies to keep, of 1 kB each', '1000')
    .option(
      '--control <path>',
      'unix socket for `drover dns queries` (default: that of the agent, without --listen and --answers)',
    )
    .option('--pid-file <file>', 'with --answers: write the process id there')
    .option('--debug', 'with --answers: log more')
    .addOption(new Option('--log <file>').hideHelp())
    .addOption(new Option('--metadata-server <server>').hideHelp())
    .addOption(new Option('--rancher-metadata-answer <addresses>').hideHelp());
}

/** Answers from the file until SIGTERM or SIGINT; reads it again at SIGHUP. */
export async function runAnswers(io: Io, command: Command): Promise<void> {
  const flags = command.opts<AnswersFlags>();
  const [stray] = command.args;
  if (stray !== undefined) throw wrong(stray, 'is not expected with --answers', 'see drover dns --help');
  if (flags.metadataServer)
    throw wrong('--metadata-server', 'cannot be had with --answers', 'use `drover dns` without --answers');
  if (flags.log !== undefined) io.warn('drover: --log is not used: the log goes to standard error, redirect that');
  if (flags.rancherMetadataAnswer) io.warn('drover: --rancher-metadata-answer is not used: write it into the file');
  const options = readFlags(flags);
  const level = flags.debug ? 'debug' : 'info';
  const { clock, log } = await hostTools('dns', { level, format: 'auto' });
  const { serveAnswers } = await import('../../dns/index.ts');
  await writePidFile(flags.pidFile);
  await serveUntilEnded(async () => {
    const server = await serveAnswers({ clock, log }, options);
    const { addresses, batching } = server.dns;
    log.info({ addresses, reload: server.reloadAddress, mode: batching.mode }, 'serving');
    return server;
  });
}

function readFlags(flags: AnswersFlags) {
  const neverRecurseTo = flags.neverRecurseTo.split(',').map((address) => address.trim());
  return {
    path: flags.answers,
    listen: [listenOf('--listen', flags.listen ?? ':53')],
    listenReload: listenOf('--listen-reload', flags.listenReload),
    ttlSeconds: wholeNumber('--ttl', flags.ttl, 0xffff_ffff),
    ndots: wholeNumber('--ndots', flags.ndots, 128),
    recurserTimeoutMs: wholeNumber('--recurser-timeout', flags.recurserTimeout, 3_600) * 1_000,
    neverRecurseTo: neverRecurseTo.filter((address) => address !== ''),
    cacheCapacity: wholeNumber('--cache-capacity', flags.cacheCapacity, 10_000_000),
    control: flags.control ?? null,
  };
}

function wholeNumber(flag: string, text: string, most: number): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= most) return Number(text);
  throw wrong(`${flag} ${text}`, 'is not a whole number that fits', `write one from 0 to ${most}`);
}

function wrong(subject: string, what: string, hint: string): CommandFailure {
  const problem: Problem = { subject, what, hint };
  return new CommandFailure([problem], EXIT.usage);
}
