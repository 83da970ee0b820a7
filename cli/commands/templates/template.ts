import type { Command } from 'commander';
import { formatProblem, type Problem } from '../../../model/index.ts';
import type { TemplateOutcome } from '../../../template/index.ts';
import { hostTools } from '../../support/host-tools.ts';
import { CommandFailure, describe, EXIT, type Io, interruption, warnOf } from '../../support/io.ts';
import { readSpecs, type TemplateOptions } from './template-specs.ts';

const METADATA_URL = 'http://169.254.169.250';

export function addTemplate(program: Command, io: Io): void {
  const command = program
    .command('template')
    .description('Keep files up to date: fill templates with metadata, on a host or in a container.')
    .option('-c, --config <file>', 'YAML file with a list `templates`')
    .option('--confd <folder>', 'folder of confd, with confd.toml, conf.d/ and templates/')
    .option('--prefix <path>', 'prefix of all keys; takes the place of those in confd.toml and conf.d/')
    .option('-s, --source <file>', 'a single template; *.tmpl is a confd template, anything else is Handlebars')
    .option('-d, --destination <file>', 'the file to write')
    .option('--owner <user:group>', 'owner of the file (default: unchanged)')
    .option('--mode <octal>', 'mode of the file (default: unchanged, or 0644 for a new file)')
    .option('--check <command>', 'command that checks the new version, named {{src}}, before it replaces the file')
    .option('--reload <command>', 'command to run after the file has changed')
    .option('--metadata <url>', `URL of the metadata server (default: "${METADATA_URL}")`)
    .option('--api-version <version>', 'metadata version to read', '2016-07-29')
    .option('--once', 'write the files once and exit')
    .option('--dry', 'show what would change without writing files or running commands')
    .addHelpText(
      'after',
      `
It follows the metadata until you stop it. If a template, check or reload fails, only its own file is affected: the last
good version stays, and Drover retries.

Examples:
  drover template -s upstreams.hbs -d /etc/nginx/conf.d/upstreams.conf --check 'nginx -t' --reload 'nginx -s reload'
  drover template --confd /etc/confd --once
  drover template --confd /etc/confd --dry
  drover template convert /etc/confd/templates/haproxy.cfg.tmpl >haproxy.cfg.hbs`,
    )
    .action(() => runTemplate(io, command.opts<TemplateOptions>()));
  command
    .command('convert')
    .description('Convert a confd template to Handlebars, or name the lines that cannot be converted.')
    .argument('<file>', 'a confd template')
    .action((file: string) => convert(io, file));
}

async function runTemplate(io: Io, options: TemplateOptions): Promise<void> {
  const { templates: specs, problems, settings } = await readSpecs(options);
  warnOf(io, problems);
  if (specs.length === 0) throw noTemplates(problems);
  const signal = interruption();
  const { clock, log } = await hostTools('template', { level: 'info', format: 'auto' });
  const { createEngine, createMetadataClient, followTemplates, runTemplates } = await import(
    '../../../template/index.ts'
  );
  const { runCommand } = await import('../../../system/index.ts');
  const version = options.apiVersion;
  const url = options.metadata ?? settings.metadata ?? METADATA_URL;
  const dry = options.dry ?? settings.noop;
  const metadata = createMetadataClient({ clock, log }, { url, version, signal });
  const engine = createEngine({ env: io.env, now: () => clock.now() });
  const deps = { engine, metadata, run: runCommand };
  if (!options.once && !dry) {
    const pace = { quietMs: 100, maxWaitMs: 2_000, retry: { minMs: 1_000, maxMs: 60_000 } };
    return followTemplates({ ...deps, clock, log }, specs, { version, ...pace, signal });
  }
  const run = { version, dry, reload: new Set<string>(), signal };
  const outcomes = await runTemplates(deps, specs, run).catch((error: unknown) => {
    const hint = 'check the URL, and that the metadata server is running';
    throw new CommandFailure([{ subject: `metadata at ${url}`, what: describe(error), hint }]);
  });
  await show(io, outcomes);
  if (problems.length > 0) io.setExitCode(EXIT.failed);
}

async function show(io: Io, outcomes: readonly TemplateOutcome[]): Promise<void> {
  const { describeOutcome } = await import('../../../template/index.ts');
  for (const { spec, outcome, more } of outcomes) {
    const line = describeOutcome(spec, outcome);
    if (outcome.kind === 'failed' || outcome.kind === 'reload-failed') {
      for (const text of [line, ...more.map(formatProblem)]) io.warn(`drover: ${text}`);
      io.setExitCode(EXIT.failed);
    } else {
      io.print(line);
      if (outcome.kind === 'would-write') io.print(outcome.difference.trimEnd());
    }
  }
}

async function convert(io: Io, file: string): Promise<void> {
  const { convertGoTemplate, createEngine, readTemplate } = await import('../../../template/index.ts');
  const read = await readTemplate(file);
  if (!read.ok) throw new CommandFailure(read.problems);
  const { functions } = createEngine({ env: {}, now: () => 0 });
  const converted = convertGoTemplate(read.text, { name: file, functions });
  if (!converted.ok) throw new CommandFailure(converted.problems);
  io.write(converted.text);
}

function noTemplates(problems: readonly Problem[]): CommandFailure {
  const what = problems.length > 0 ? 'none of the templates is valid' : 'the given files contain no template';
  return new CommandFailure([
    { subject: 'drover template', what, hint: 'see the messages above and docs/templates.md' },
  ]);
}
