import { type Command, Option } from 'commander';
import { listenOf, serveUntilEnded, writePidFile } from '../../server/stand-alone.ts';
import { hostTools } from '../../support/host-tools.ts';
import { type Io, usageFailure } from '../../support/io.ts';

interface AnswersFlags {
  readonly answers: string;
  readonly listen?: string;
  readonly listenReload: string;
  readonly xff?: boolean;
  readonly compatContentType?: boolean;
  readonly pidFile?: string;
  readonly debug?: boolean;
  readonly log?: string;
  readonly subscribe?: boolean;
  readonly reloadIntervalLimit?: string;
}

/** The flags of rancher-metadata. */
export function takesAnswersFlags(command: Command): Command {
  return command
    .option('--answers <file>', 'serve an answers file, as rancher-metadata did; no agent needed')
    .option('--listen-reload <address:port>', 'with --answers: where to accept POST /v1/reload', '127.0.0.1:8112')
    .option('--xff', 'with --answers: trust X-Forwarded-For from any client, as a single address')
    .option('--compat-content-type', 'with --answers: send the Content-Type of rancher-metadata (JSON as text/plain)')
    .option('--pid-file <file>', 'with --answers: write the process id to this file')
    .option('--debug', 'with --answers: log debug messages')
    .addOption(new Option('--log <file>').hideHelp())
    .addOption(new Option('--subscribe').hideHelp())
    .addOption(new Option('--reload-interval-limit <ms>').hideHelp());
}

/** Serves the file until SIGTERM or SIGINT; reloads it on SIGHUP. */
export async function runAnswers(io: Io, command: Command): Promise<void> {
  const flags = command.opts<AnswersFlags>();
  const [stray] = command.args;
  if (stray !== undefined)
    throw usageFailure(`argument ${stray}`, 'unexpected argument with --answers', 'see `drover metadata --help`');
  if (flags.subscribe)
    throw usageFailure('--subscribe', 'is not supported with --answers', 'run `drover metadata` without --answers');
  if (flags.log !== undefined) io.warn('drover: --log is ignored; the log goes to standard error, redirect it there');
  const options = {
    path: flags.answers,
    listen: [listenOf('--listen', flags.listen ?? ':80')],
    listenReload: listenOf('--listen-reload', flags.listenReload),
    compatContentType: flags.compatContentType ?? false,
    anyForwardedFor: flags.xff ?? false,
  };
  const { clock, log } = await hostTools('metadata', { level: flags.debug ? 'debug' : 'info', format: 'auto' });
  const { serveAnswers } = await import('../../../metadata/index.ts');
  await writePidFile(flags.pidFile);
  await serveUntilEnded(async () => {
    const server = await serveAnswers({ clock, log }, options);
    log.info({ addresses: server.metadata.addresses, reload: server.reloadAddress }, 'serving');
    return server;
  });
}
