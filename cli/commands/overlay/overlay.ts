import type { Command } from 'commander';
import type { OverlayPage } from '../../../agent/index.ts';
import { formatOverlay } from '../../output/overlay-page.ts';
import { askRunning } from '../../support/ask-agent.ts';
import type { Io } from '../../support/io.ts';
import { findAgent, takesSettings } from '../../support/settings.ts';
import { addOverlayRotate, addOverlayUse } from './change-overlay.ts';

export function addOverlay(program: Command, io: Io): void {
  const command = program
    .command('overlay')
    .description(
      'Show the paths to other hosts: backend, address, state, round trip, loss, MTU, bytes, age of the keys.',
    )
    .option('-a, --all', 'also show the paths between all other hosts')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Hosts probe each other through the tunnel. LOSS IN is of the last 32 probes from the host, LOSS OUT of those to it.

Examples:
  drover overlay
  drover overlay --all
  drover overlay --json | jq '.rows[] | select(.state != "up") | .host'
  drover overlay use wireguard
  drover overlay rotate`,
    );
  for (const add of [addOverlayUse, addOverlayRotate]) add(command.enablePositionalOptions(), io);
  takesSettings(command).action(async () => {
    const { json = false, all = false } = command.opts<{ json?: boolean; all?: boolean }>();
    const place = await findAgent(io, command);
    const page = await askRunning<OverlayPage>(place, { method: 'GET', path: '/v1/overlay' });
    io.print(json ? JSON.stringify(page, null, 2) : formatOverlay(page, all));
  });
}
