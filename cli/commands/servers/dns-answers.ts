import { type Command, Option } from 'commander';
import { listenOf, serveUntilEnded, writePidFile } from '../../server/stand-alone.ts';
import { hostTools } from '../../support/host-tools.ts';
import { type Io, usageFailure } from '../../support/io.ts';

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
    .option('--answers <file>', 'answer from an answers file, as rancher-dns did; no agent needed')
    .option('--listen-reload <address:port>', 'with --answers: where to accept POST /v1/reload', '127.0.0.1:8113')
    .option(
      '--ttl <seconds>',
      'with --answers: TTL of answers that set none, and the maximum TTL of cached ones',
      '600',
    )
    .option('--ndots <n>', 'with --answers: use the search list only for names with fewer dots; 0: for all names', '0')
    .option('--recurser-timeout <seconds>', 'with --answers: timeout of upstream queries', '2')
    .option('--never-recurse-to <addresses>', 'with --answers: upstreams that are never used', '169.254.169.250')
    .option('--cache-capacity <n>', 'with --answers: number of cached upstream replies, of 1 kB each', '1000')
    .option(
      '--control <path>',
      "unix socket for `drover dns queries` (default: the agent's; none with --listen or --answers)",
    )
    .option('--pid-file <file>', 'with --answers: write the process id to this file')
    .option('--debug', 'with --answers: log debug messages')
    .addOption(new Option('--log <file>').hideHelp())
    .addOption(new Option('--metadata-server <server>').hideHelp())
    .addOption(new Option('--rancher-metadata-answer <addresses>').hideHelp());
}

/** Answers from the file until SIGTERM or SIGINT; reloads it on SIGHUP. */
export async function runAnswers(io: Io, command: Command): Promise<void> {
  const flags = command.opts<AnswersFlags>();
  const [stray] = command.args;
  if (stray !== undefined)
    throw usageFailure(`argument ${stray}`, 'unexpected argument with --answers', 'see `drover dns --help`');
  if (flags.metadataServer)
    throw usageFailure('--metadata-server', 'is not supported with --answers', 'run `drover dns` without --answers');
  if (flags.log !== undefined) io.warn('drover: --log is ignored; the log goes to standard error, redirect it there');
  if (flags.rancherMetadataAnswer)
    io.warn('drover: --rancher-metadata-answer is ignored; add the record to the answers file');
  const options = readFlags(flags);
  const level = flags.debug ? 'debug' : 'info';
  const { clock, log } = await hostTools('dns', { level, format: 'auto' });
  const { serveAnswers } = await import('../../../dns/index.ts');
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
  throw usageFailure(`${flag} ${text}`, 'is not a whole number in range', `use a number from 0 to ${most}`);
}
