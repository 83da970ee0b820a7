import type { Command } from 'commander';
import { controlSocket, followAgent, type RollEvent, type RollRequest } from '../../agent/index.ts';
import { formatRollEvent } from '../output/roll.ts';
import { agentNotRunning } from '../support/ask-agent.ts';
import { CommandFailure, EXIT, type Io, interruption, usageFailure } from '../support/io.ts';
import { parseService } from '../support/service-argument.ts';
import { findAgent, takesSettings, validConfig } from '../support/settings.ts';

interface RollOptions {
  readonly image?: string;
  readonly stopFirst?: boolean;
  readonly shareVolumes?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly readyTimeout: string;
  readonly drainTimeout?: string;
}

export function addRoll(program: Command, io: Io): void {
  const command = program
    .command('roll')
    .argument('<stack/service>', 'the service')
    .description('Replace the containers of a service on this host one by one, without losing a request.')
    .option('--image <image>', 'image of the new containers; default: what the image name of each container means now')
    .option('--stop-first', 'stop each container before the new one is started, for host ports and data of its own')
    .option('--share-volumes', 'start the new container although both write to the same volumes for a while')
    .option('--force', 'also replace containers that have the image already')
    .option('--ready-timeout <seconds>', 'how long a new container may take until it is ready', '120')
    .option(
      '--drain-timeout <seconds>',
      'how long an old one may finish its requests; default: drain_timeout_ms of the service',
    )
    .option('--dry-run', 'show the steps without taking them')
    .option('--json', 'print one event of JSON a line')
    .addHelpText(
      'after',
      `
For each container: create and start a new one with the same options, wait until it is ready, send no new requests to the
old one, wait until its sessions have ended, stop it and remove it. If a new container does not become ready, it is removed,
the old one continues, and the roll ends. Pull the image first.

Exit code 0: all containers have the image; 1: the roll ended early.

Examples:
  drover roll shop/web --dry-run
  docker pull shop/web:2 && drover roll shop/web --image shop/web:2
  drover roll shop/db --stop-first`,
    );
  takesSettings(command).action(async (argument: string) => {
    const options = command.opts<RollOptions>();
    const body = requestOf(argument, options);
    const place = await findAgent(io, command);
    const seen = { begun: false, ended: false, failed: false };
    const onLine = (line: unknown): void => {
      const event = line as RollEvent;
      seen.begun = true;
      seen.ended ||= event.kind === 'end' || (event.kind === 'plan' && body.dryRun);
      seen.failed ||= event.kind === 'failed';
      show(io, event, options);
    };
    const signal = interruption();
    const request = { method: 'POST', path: '/v1/roll', body } as const;
    const reply = await followAgent(controlSocket(place.config), request, { onLine, signal });
    if (signal.aborted) throw interrupted(argument);
    if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
    if (reply.kind === 'away' && seen.begun) throw agentEnded(argument);
    if (reply.kind === 'away') throw agentNotRunning(validConfig(place).runDir, ', so nothing is rolled');
    io.setExitCode(seen.ended && !seen.failed ? EXIT.ok : EXIT.failed);
  });
}

function requestOf(argument: string, options: RollOptions): RollRequest {
  const { stack, service } = parseService(argument);
  if (service === null) throw usageFailure(`argument ${argument}`, 'is a stack', 'name one service, such as shop/web');
  const { image = null, stopFirst = false, shareVolumes = false, force = false, dryRun = false } = options;
  return {
    ...{ stack, service, image, stopFirst, shareVolumes, force, dryRun },
    readyTimeoutMs: millisecondsOf('--ready-timeout', options.readyTimeout),
    drainTimeoutMs: options.drainTimeout === undefined ? null : millisecondsOf('--drain-timeout', options.drainTimeout),
  };
}

function millisecondsOf(option: string, text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= 86_400) return Math.round(seconds * 1000);
  throw usageFailure(`${option} ${text}`, 'is not a number of seconds from 0 to 86400', 'write seconds, such as 30');
}

function show(io: Io, event: RollEvent, { json = false, dryRun = false }: RollOptions): void {
  const { lines, problem } = json ? { lines: [JSON.stringify(event)], problem: null } : formatRollEvent(event, dryRun);
  for (const line of lines) io.print(line);
  if (problem !== null) io.warn(problem);
}

function interrupted(service: string): CommandFailure {
  const what =
    'was interrupted; the agent undoes the container in progress, or completes it if the new one has taken over';
  return new CommandFailure([{ subject: `roll of ${service}`, what, hint: 'check it: drover containers' }]);
}

function agentEnded(service: string): CommandFailure {
  const what = 'was interrupted because the agent has ended';
  const hint = 'start the agent: it undoes the container in progress, or completes it if the new one has taken over';
  return new CommandFailure([{ subject: `roll of ${service}`, what, hint }], EXIT.agentNotRunning);
}
