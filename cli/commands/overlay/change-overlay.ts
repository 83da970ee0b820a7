import { Argument, type Command } from 'commander';
import { backendSettings, type OverlayChoice } from '../../../model/index.ts';
import { askRunning } from '../../support/ask-agent.ts';
import type { Io } from '../../support/io.ts';
import { findAgent, takesSettings } from '../../support/settings.ts';

export function addOverlayUse(overlay: Command, io: Io): void {
  const command = overlay
    .command('use')
    .addArgument(
      new Argument('<backend>', 'how all hosts of the environment reach each other').choices(backendSettings),
    )
    .description('Change how the hosts of the environment reach each other, without interrupting connections.')
    .addHelpText(
      'after',
      `
\`auto\` is the best encrypted backend that every host can use. The hosts change one after the other: see \`drover overlay\`.

Examples:
  drover overlay use auto
  drover overlay use vxlan`,
    );
  takesSettings(command).action((backend: string) => change(io, command, { use: backend }));
}

export function addOverlayRotate(overlay: Command, io: Io): void {
  const command = overlay
    .command('rotate')
    .description('Make new keys for the tunnels of all hosts, without interrupting connections.')
    .addHelpText(
      'after',
      `
Examples:
  drover overlay rotate`,
    );
  takesSettings(command).action(() => change(io, command, { rotate: true }));
}

async function change(io: Io, command: Command, body: Readonly<Record<string, unknown>>): Promise<void> {
  const place = await findAgent(io, command);
  const choice = await askRunning<OverlayChoice>(place, { method: 'POST', path: '/v1/overlay', body });
  const { backend, reason, generation } = choice;
  io.print(`The hosts change to ${backend ?? 'no backend'} (${reason}), generation ${generation}. See: drover overlay`);
}
