#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { addAgent } from './commands/agent.ts';
import { addCompletion } from './commands/completion.ts';
import { addConfig } from './commands/config.ts';
import { addConfirm } from './commands/confirm.ts';
import { addContainers } from './commands/containers.ts';
import { addDoctor } from './commands/doctor.ts';
import { addDown } from './commands/down.ts';
import { addForget } from './commands/forget.ts';
import { addHealth } from './commands/health.ts';
import { addHosts } from './commands/hosts.ts';
import { addLb } from './commands/lb/lb.ts';
import { addApply } from './commands/manifests/apply.ts';
import { addGet } from './commands/manifests/get.ts';
import { addRm } from './commands/manifests/rm.ts';
import { addOverlay } from './commands/overlay/overlay.ts';
import { addPlan } from './commands/plan.ts';
import { addRoll } from './commands/roll.ts';
import { addDns } from './commands/servers/dns.ts';
import { addMetadata } from './commands/servers/metadata.ts';
import { addServices } from './commands/services.ts';
import { addStatus } from './commands/status.ts';
import { addTemplate } from './commands/templates/template.ts';
import { addVersion, versionLine } from './commands/version.ts';
import { addWhy } from './commands/why/why.ts';
import { CommandFailure, createIo, describe, EXIT } from './support/io.ts';
import { ourSpelling } from './support/original-flags.ts';

const COMMANDS = [
  addAgent,
  addStatus,
  addServices,
  addContainers,
  addHosts,
  addHealth,
  addLb,
  addOverlay,
  addApply,
  addGet,
  addRm,
  addRoll,
  addDoctor,
  addConfig,
  addWhy,
  addPlan,
  addConfirm,
  addForget,
  addDown,
  addDns,
  addMetadata,
  addTemplate,
  addCompletion,
  addVersion,
];

const io = createIo();
const program = new Command('drover')
  .description('Service discovery and networking for plain Docker hosts.')
  .version(versionLine())
  .exitOverride()
  // Options behind a command's name belong to that command, also for commands with subcommands.
  .enablePositionalOptions()
  .showHelpAfterError('See --help.')
  .addHelpText(
    'after',
    `
Exit codes:
  0 ok   1 failed, or problems were found   2 the agent is not running   64 invalid usage or configuration

Every configuration setting is also a flag and an environment variable: see docs/configuration.md.`,
  );
for (const add of COMMANDS) add(program, io);
for (const command of program.commands.flatMap((one) => [one, ...one.commands])) command.exitOverride();

try {
  await program.parseAsync(ourSpelling(process.argv.slice(2)), { from: 'user' });
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  else if (error instanceof CommandFailure) {
    io.warn(error.message);
    process.exitCode = error.exitCode;
  } else {
    io.warn(`drover: ${describe(error)}`);
    process.exitCode = EXIT.failed;
  }
}
