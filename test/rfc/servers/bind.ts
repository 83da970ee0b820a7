import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REVERSE_ZONE, ZONE } from '../zone/zone.ts';
import { reverseZoneFile, zoneFile } from '../zone/zone-file.ts';
import { startProgram } from './program.ts';
import type { Place, Target } from './target.ts';

/** BIND's named, primary of the zone and forwarder for other names. */
export const bind: Target = {
  name: 'bind',
  title: 'BIND 9.18',
  lacks: { 'second address': 'it listens on the addresses of interfaces, and loopback has only one' },
  start: async (resources, place) => {
    await startProgram(resources, place, 'named', async (directory) => {
      await writeFile(join(directory, 'zone'), zoneFile());
      await writeFile(join(directory, 'reverse'), reverseZoneFile());
      await writeFile(join(directory, 'named.conf'), configuration(directory, place));
      return ['-g', '-n', '1', '-c', join(directory, 'named.conf')];
    });
  },
};

function configuration(directory: string, { at, upstreamPort }: Place): string {
  return `options {
  directory "${directory}";
  pid-file none;
  lock-file none;
  session-keyfile none;
  listen-on port ${at[0]?.port} { ${at.map(({ address }) => `${address};`).join(' ')} };
  listen-on-v6 { none; };
  recursion yes;
  allow-query { any; };
  allow-recursion { any; };
  forwarders { 127.0.0.1 port ${upstreamPort}; };
  forward only;
  dnssec-validation no;
  qname-minimization off;
  empty-zones-enable no;
  minimal-any yes;
  tcp-idle-timeout 60;
  stale-answer-enable yes;
  stale-answer-client-timeout 1800;
  stale-cache-enable yes;
  allow-transfer { none; };
};
controls { };
zone "${ZONE}" { type primary; file "zone"; check-names ignore; notify no; };
zone "${REVERSE_ZONE}" { type primary; file "reverse"; notify no; };
`;
}
