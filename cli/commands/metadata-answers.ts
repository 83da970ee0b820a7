import { type Command, Option } from 'commander';
import { listenOf, serveUntilEnded, writePidFile } from '../server/stand-alone.ts';
import { hostTools } from '../support/host-tools.ts';
import { CommandFailure, EXIT, type Io } from '../support/io.ts';

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
    .option('--answers <file>', 'serve an answers file instead, as rancher-metadata did; needs no agent')
    .option('--listen-reload <address:port>', 'with --answers: where POST /v1/reload is taken', '127.0.0.1:8112')
    .option('--xff', 'with --answers: believe X-Forwarded-For of anybody, as one address')
    .option('--compat-content-type', 'with --answers: the Content-Type of the original (JSON as text/plain)')
    .option('--pid-file <file>', 'with --answers: write the process id there')
    .option('--debug', 'with --answers: log more')
    .addOption(new Option('--log <file>').hideHelp())
    .addOption(new Option('--subscribe').hideHelp())
    .addOption(new Option('--reload-interval-limit <ms>').hideHelp());
}

/** Serves the file until SIGTERM or SIGINT; reads it again at SIGHUP. */
export async function runAnswers(io: Io, command: Command): Promise<void> {
  const flags = command.opts<AnswersFlags>();
  const [stray] = command.args;
  if (stray !== undefined) throw wrong(stray, 'is not expected with --answers', 'see drover metadata --help');
  if (flags.subscribe)
    throw wrong('--subscribe', 'cannot be had with --answers', 'use `drover metadata` without --answers');
  if (flags.log !== undefined) io.warn('drover: --log is not used: the log goes to standard error, redirect that');
  const options = {
    path: flags.answers,
    listen: [listenOf('--listen', flags.listen ?? ':80')],
    listenReload: listenOf('--listen-reload', flags.listenReload),
    compatContentType: flags.compatContentType ?? false,
    anyForwardedFor: flags.xff ?? false,
  };
  const { clock, log } = await hostTools('metadata', { level: flags.debug ? 'debug' : 'info', format: 'auto' });
  const { serveAnswers } = await import('../../metadata/index.ts');
  await writePidFile(flags.pidFile);
  await serveUntilEnded(async () => {
    const server = await serveAnswers({ clock, log }, options);
    log.info({ addresses: server.metadata.addresses, reload: server.reloadAddress }, 'serving');
    return server;
  });
}

function wrong(subject: string, what: string, hint: string): CommandFailure {
  return new CommandFailure([{ subject, what, hint }], EXIT.usage);
}
