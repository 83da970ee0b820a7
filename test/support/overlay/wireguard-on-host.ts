import { chmodSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createWireguardProcess } from '../../../agent/overlay/wireguard-process.ts';
import type { TunnelSlot } from '../../../model/index.ts';
import { createWireguard, type WireguardOptions } from '../../../overlay/index.ts';
import { systemClock as clock } from '../../../system/index.ts';
import type { TestHost } from '../test-host.ts';
import { testLog } from '../test-log.ts';

const WIREGUARD_GO = resolve('.tools/overlay/bin/wireguard-go');
export const WG = resolve('.tools/overlay/bin/wg');

/** The WireGuard driver of a slot as the agent of this host makes it, with a wireguard-go of its own. */
export function wireguardOnHost(host: TestHost, slot: TunnelSlot = 0, options: Partial<WireguardOptions> = {}) {
  const inside = host.enter(WIREGUARD_GO, []);
  const program = join(host.dir, 'wireguard-go');
  const command = [inside.file, ...inside.args].map((word) => `'${word}'`).join(' ');
  writeFileSync(program, `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(program, 0o755);
  const settings = { runDir: join(host.dir, 'run'), program, slot };
  const child = createWireguardProcess({ clock, log: testLog(`wireguard of ${host.name}`) }, settings);
  const keyFile = join(host.dir, 'overlay', `wireguard-${slot}.key`);
  const run: typeof host.run = (file, args, more) => host.run(file, args, more);
  const backend = createWireguard(
    { run, clock, program: child },
    { slot, keyFile, wg: WG, wireguardGo: WIREGUARD_GO, ...options },
  );
  return { backend, child, keyFile };
}
