import type { Command } from 'commander';
import type { DeclaredServices } from '../../../agent/index.ts';
import type { ServiceDeclaration } from '../../../model/index.ts';
import { askOrSaved } from '../../support/ask-agent.ts';
import { EXIT, type Io, warnOf } from '../../support/io.ts';
import { parseService, select } from '../../support/service-argument.ts';
import { findAgent, takesSettings } from '../../support/settings.ts';

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
    const place = await findAgent(io, command);
    const request = { method: 'GET', path: '/v1/declarations' } as const;
    const { declarations, problems } = await askOrSaved<DeclaredServices>(io, place, request, ({ snapshot }) => ({
      declarations: [...snapshot.declarations.values()],
      problems: [],
    }));
    warnOf(io, problems);
    if (problems.length > 0) io.setExitCode(EXIT.failed);
    const selected = wanted === null ? declarations : select(declarations, wanted, memberOf, NOT_DECLARED);
    const { formatDeclarations, formatDeclarationsAsJson } = await import('../../../sources/index.ts');
    if (command.opts<{ json?: boolean }>().json) io.print(formatDeclarationsAsJson(selected));
    else io.print(selected.length === 0 ? '# No declarations.' : formatDeclarations(selected));
  });
}

const NOT_DECLARED = { what: 'is not declared', hint: 'run `drover get` to list what is declared' };

function memberOf({ stack, name }: ServiceDeclaration) {
  return { stack, service: name };
}
