import type { Command } from 'commander';
import { askAgent, type Config, controlSocket, type DeclaredServices, readSavedView } from '../../agent/index.ts';
import { formatProblem, nearestWord, type ServiceDeclaration } from '../../model/index.ts';
import { CommandFailure, EXIT, type Io } from '../support/io.ts';
import { agentNotRunning, NOTHING_SAVED, warnSavedState } from '../support/listing.ts';
import { formatService, parseService, type ServiceArgument } from '../support/service-argument.ts';
import { readSettings, takesSettings } from '../support/settings.ts';

export function addGet(program: Command, io: Io): void {
  const command = program
    .command('get')
    .argument('[stack[/service]]', 'a stack, or one of its services; without it, everything')
    .description('Print what is declared, as a manifest that drover apply accepts.')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Prints the declarations of drover apply and of manifest directories, not what follows from the labels of containers: see
'drover services' for all services.

Examples:
  drover get
  drover get shop/web
  drover get shop > shop.yml && drover apply -f shop.yml`,
    );
  takesSettings(command).action(async (argument: string | undefined) => {
    const wanted = argument === undefined ? null : parseService(argument);
    const { config } = await readSettings(io, command);
    const { declarations, problems } = await readDeclared(io, config);
    for (const problem of problems) io.warn(`drover: ${formatProblem(problem)}`);
    if (problems.length > 0) io.setExitCode(EXIT.failed);
    const selected = declarations.filter((one) => wanted === null || isSelected(one, wanted));
    if (wanted !== null && selected.length === 0) throw notDeclared(wanted, declarations);
    const { formatDeclarations, formatDeclarationsAsJson } = await import('../../sources/index.ts');
    if (command.opts<{ json?: boolean }>().json) io.print(formatDeclarationsAsJson(selected));
    else io.print(selected.length === 0 ? '# No declarations.' : formatDeclarations(selected));
  });
}

/** From the agent, or from the saved state if the agent is not running. */
async function readDeclared(io: Io, config: Config): Promise<DeclaredServices> {
  const reply = await askAgent(controlSocket(config), { method: 'GET', path: '/v1/declarations' });
  if (reply.kind === 'answer') return reply.body as DeclaredServices;
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  const saved = await readSavedView(config);
  if (saved === null) throw agentNotRunning(config.runDir, NOTHING_SAVED);
  warnSavedState(io, saved.savedAtMs);
  return { declarations: [...saved.view.snapshot.declarations.values()], problems: [] };
}

function isSelected({ stack, name }: ServiceDeclaration, wanted: ServiceArgument): boolean {
  const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  return isSame(stack, wanted.stack) && (wanted.service === null || isSame(name, wanted.service));
}

function notDeclared(wanted: ServiceArgument, declarations: readonly ServiceDeclaration[]): CommandFailure {
  const names = declarations.map(({ stack, name }) => (wanted.service === null ? stack : `${stack}/${name}`));
  const nearest = nearestWord(formatService(wanted), names);
  const hint = nearest === null ? 'run `drover get` to list what is declared' : `did you mean ${nearest}?`;
  return new CommandFailure([{ subject: formatService(wanted), what: 'is not declared', hint }]);
}
