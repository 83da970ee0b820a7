import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { ApplyOutcome, ApplyRequest } from '../../../agent/index.ts';
import type { ManifestFile } from '../../../sources/index.ts';
import { formatChanges } from '../../output/changes.ts';
import { askRunning } from '../../support/ask-agent.ts';
import { findComposeFiles } from '../../support/compose-files.ts';
import { CommandFailure, EXIT, type Io, unreadable, usageFailure, warnOf } from '../../support/io.ts';
import { findAgent, takesSettings } from '../../support/settings.ts';

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
    const place = await findAgent(io, command);
    const body = await readRequest(io, options);
    const request = { method: 'POST', path: '/v1/apply', body, timeoutMs: 60_000 } as const;
    const outcome = await askRunning<ApplyOutcome>(place, request, ', and only the agent can write to the bus');
    showOutcome(io, outcome, options);
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
  const { projectName, readAttachedFiles } = await import('../../../sources/index.ts');
  const manifests = await Promise.all(found.paths.map(readManifest));
  const files = await readAttachedFiles(manifests, { stack: given, variables });
  const isNamed = given !== undefined || projectName(files, { variables }) !== null;
  const stack = isNamed ? given : found.folderName;
  const faults = files.flatMap(({ path, fault }) => (fault ? [{ subject: path, ...fault }] : []));
  if (faults.length > 0) throw new CommandFailure(faults);
  return { files, stack: stack || null, variables, dryRun: dryRun ?? false, prune: prune ?? false };
}

async function readManifest(path: string): Promise<ManifestFile> {
  const name = path === '-' ? 'standard input' : path;
  const { manifestText } = await import('../../../sources/index.ts');
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

function showOutcome(io: Io, outcome: ApplyOutcome, { json, dryRun = false }: ApplyOptions): void {
  if (json) io.print(JSON.stringify(outcome, null, 2));
  else {
    warnOf(io, outcome.ignored, 'note: ');
    warnOf(io, outcome.problems);
    io.print(formatChanges(outcome.changes, dryRun));
  }
  io.setExitCode(outcome.problems.length === 0 ? EXIT.ok : EXIT.failed);
}
