import { Argument, type Command } from 'commander';
import { type CommandTree, renderCompletion } from '../output/completion.ts';
import type { Io } from '../support/io.ts';

export function addCompletion(program: Command, io: Io): void {
  program
    .command('completion')
    .description('Print a script that completes commands and options in your shell.')
    .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh']))
    .addHelpText(
      'after',
      `
Examples:
  drover completion bash >/etc/bash_completion.d/drover
  source <(drover completion bash)
  drover completion zsh >>~/.zshrc`,
    )
    .action((shell: 'bash' | 'zsh') => io.print(renderCompletion(treeOf(program), shell)));
}

function treeOf(command: Command): CommandTree {
  const options = command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []));
  return { name: command.name(), options: [...options, '--help'], commands: command.commands.map(treeOf) };
}
