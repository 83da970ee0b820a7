import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import { type ApplyOutcome, type ApplyRequest, askAgent, controlSocket } from '../../agent/index.ts';
import { formatProblem, type Problem } from '../../model/index.ts';
import type { ManifestFile } from '../../sources/index.ts';
import { findComposeFiles } from '../support/compose-files.ts';
import { CommandFailure, EXIT, type Io, unreadable, usageFailure } from '../support/io.ts';
import { agentNotRunning } from '../support/listing.ts';
import { readSettings, takesSettings } from '../support/settings.ts';

interface ApplyOptions {
  readonly file?: readonly string[];
  readonly stack?: string;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly json?: boolean;
}

export function addApply(program: Command, io: Io): void {
  const command = program
    .command('apply')
    .description('Declare what containers cannot declare themselves: external services, aliases, health checks.')
    .option(
      '-f, --file <file>',
      'manifest, docker-compose.yml or rancher-compose.yml; may be repeated; - is standard input; default: the Compose files ' +
        'here or above, and rancher-compose.yml beside them',
      collect,
    )
    .option('-p, --stack <name>', 'stack of services that do not name one')
    .option('--dry-run', 'show the changes without applying them')
    .option('--prune', "also remove services of the files' stacks that are no longer in the files")
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
An invalid service is reported and left unchanged; the others are applied, and the exit code is 1.

Examples:
  drover apply --dry-run
  drover apply -f externals.yml
  drover apply -p shop -f docker-compose.yml -f rancher-compose.yml
  drover apply -p shop -f rancher-compose.yml --prune --dry-run`,
    );
  takesSettings(command).action(async () => {
    const options = command.opts<ApplyOptions>();
    const { config } = await readSettings(io, command);
    const body = await readRequest(io, options);
    const reply = await askAgent(controlSocket(config), { method: 'POST', path: '/v1/apply', body, timeoutMs: 60_000 });
    if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
    if (reply.kind === 'away') throw agentNotRunning(config.runDir, ', and only the agent can write to the bus');
    showOutcome(io, reply.body as ApplyOutcome, options);
  });
}

const collect = (file: string, before: readonly string[] = []): readonly string[] => [...before, file];

async function readRequest(io: Io, { file, stack: given, dryRun, prune }: ApplyOptions): Promise<ApplyRequest> {
  const found = file ? { paths: file, folderName: null } : findComposeFiles(process.cwd(), io.env);
  if (!found) {
    const what = 'has no manifest: there is no Compose file here or above';
    throw usageFailure('drover apply', what, 'name one: drover apply -f FILE');
  }
  const variables = Object.fromEntries(
    Object.entries(io.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
  const { projectName, readAttachedFiles } = await import('../../sources/index.ts');
  const manifests = await Promise.all(found.paths.map(readManifest));
  const files = await readAttachedFiles(manifests, { stack: given, variables });
  const isNamed = given !== undefined || projectName(files, { variables }) !== null;
  const stack = isNamed ? given : found.folderName;
  const faults = files.flatMap(({ path, fault }) => (fault ? [{ subject: path, ...fault }] : []));
  if (faults.length > 0) throw new CommandFailure(faults);
  return { files, stack: stack ?? null, variables, dryRun: dryRun ?? false, prune: prune ?? false };
}

async function readManifest(path: string): Promise<ManifestFile> {
  const name = path === '-' ? 'standard input' : path;
  const { manifestText } = await import('../../sources/index.ts');
  const read = manifestText(await readBytes(path));
  if (read.ok) return { path: name, text: read.text };
  throw new CommandFailure([{ subject: name, ...read.fault }]);
}

/** The path may also be a pipe: `-f <(generate)`. */
async function readBytes(path: string): Promise<Buffer> {
  if (path === '-') return buffer(process.stdin);
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw unreadable(path, error);
    const hint = 'make it a file that you may read';
    throw new CommandFailure([{ subject: path, what: `cannot be read (${code})`, hint }]);
  }
}

function showOutcome(io: Io, outcome: ApplyOutcome, { json, dryRun }: ApplyOptions): void {
  if (json) io.print(JSON.stringify(outcome, null, 2));
  else {
    const warn = (title: string, problems: readonly Problem[]) => {
      for (const problem of problems) io.warn(`drover: ${title}${formatProblem(problem)}`);
    };
    warn('note: ', outcome.ignored);
    warn('', outcome.problems);
    const done = outcome.changes.length === 0 ? 'No changes.' : outcome.changes.join('\n');
    io.print(dryRun && outcome.changes.length > 0 ? `Would change:\n${done}` : done);
  }
  io.setExitCode(outcome.problems.length === 0 ? EXIT.ok : EXIT.failed);
}
