import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REVERSE_ZONE, ZONE } from '../zone/zone.ts';
import { reverseZoneFile, zoneFile } from '../zone/zone-file.ts';
import { startProgram } from './program.ts';
import type { Place, Target } from './target.ts';

/** The resolver of NLnet Labs, authoritative for the zone. */
export const unbound: Target = {
  name: 'unbound',
  title: 'unbound 1.17',
  lacks: { cookies: 'it supports DNS cookies only from 1.18 on' },
  start: async (resources, place) => {
    await startProgram(resources, place, 'unbound', async (directory) => {
      await writeFile(join(directory, 'zone'), zoneFile());
      await writeFile(join(directory, 'reverse'), reverseZoneFile());
      await writeFile(join(directory, 'unbound.conf'), configuration(directory, place));
      return ['-d', '-c', join(directory, 'unbound.conf')];
    });
  },
};

function configuration(directory: string, { at, upstreamPort }: Place): string {
  const zone = (name: string, file: string) => `auth-zone:
  name: "${name}"
  zonefile: "${directory}/${file}"
  for-downstream: yes
  for-upstream: yes
`;
  return `server:
  directory: "${directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
${at.map(({ address, port }) => `  interface: ${address}@${port}\n`).join('')}  do-ip6: no
  num-threads: 1
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  local-zone: "10.in-addr.arpa." nodefault
  module-config: "iterator"
  qname-minimisation: no
  deny-any: yes
  tcp-idle-timeout: 6000
  serve-expired: yes
  serve-expired-client-timeout: 1800
  serve-expired-reply-ttl: 30
${zone(ZONE, 'zone')}${zone(REVERSE_ZONE, 'reverse')}forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstreamPort}
remote-control:
  control-enable: no
`;
}
