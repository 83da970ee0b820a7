/** A command with what may follow it. */
export interface CommandTree {
  readonly name: string;
  /** Such as `--json`. */
  readonly options: readonly string[];
  readonly commands: readonly CommandTree[];
}

/** A completion script for bash, and for zsh by its `bashcompinit`: commands, their subcommands and options; else files. */
export function renderCompletion(root: CommandTree, shell: 'bash' | 'zsh'): string {
  const paths = pathsOf(root, []);
  const known = paths.filter(({ path }) => path.includes(' ')).map(({ path }) => `'${path}'`);
  const replies = paths.map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`);
  return `${shell === 'zsh' ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}_drover() {
  local path=${root.name} words= at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "$path \${COMP_WORDS[at]}" in
      ${known.join('|')}) path="$path \${COMP_WORDS[at]}" ;;
    esac
  done
  case $path in
${replies.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _drover ${root.name}`;
}

function pathsOf(
  { name, options, commands }: CommandTree,
  above: readonly string[],
): readonly { readonly path: string; readonly words: readonly string[] }[] {
  const path = [...above, name];
  const words = [...commands.map((command) => command.name), ...options];
  return [{ path: path.join(' '), words }, ...commands.flatMap((command) => pathsOf(command, path))];
}
