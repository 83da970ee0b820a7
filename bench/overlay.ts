/**
 * `npm run bench -- overlay [traffic|programming|charon|rest] [--seconds 3] [--rounds 5] [--only vxlan,swarm]`: networks between containers of two hosts.
 * - `traffic`: a plain route, each backend of Drover beside the same by hand (VXLAN, wireguard-go, strongSwan with kernel-libipsec), and the
 *   overlay of Docker Swarm. Throughput of one TCP stream and of four (iperf3), and the time of a request and its reply of one byte over TCP.
 *   One path at a time has traffic. Senders have one core and receivers the other; tunnels run on both.
 * - `programming`: how long it takes each backend to have the tunnels and the routes to 1,000 hosts, and to follow a change of one of them.
 * - `charon`: memory and CPU of one charon with tunnels to 50 to 200 hosts.
 * - `rest`: processor time of an agent, and of the programs that it runs, alone and with 200 hosts over VXLAN. Best with `--seconds 60`.
 * Hosts are network namespaces. Exits with 1 if a target is missed.
 */
import { parseArgs } from 'node:util';
import { createResources } from '../test/support/resources.ts';
import { measureCharon } from './overlay/charon.ts';
import { compareProgramming } from './overlay/programming.ts';
import { measureRest } from './overlay/rest.ts';
import { compareTraffic } from './overlay/traffic.ts';
import { printVerdicts } from './support/report.ts';
import type { Verdict } from './support/targets.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
  },
});
const only = values.only.toLowerCase().split(',').filter(Boolean);
const wanted = (part: string): boolean => positionals.length === 0 || positionals.includes(part);

const verdicts: Verdict[] = [];
await using resources = createResources();
if (wanted('programming')) verdicts.push(...(await compareProgramming(only)));
if (wanted('charon')) {
  await using more = createResources();
  await measureCharon(more);
}
if (wanted('rest')) verdicts.push(...(await measureRest(resources, Number(values.seconds))));
if (wanted('traffic'))
  verdicts.push(
    ...(await compareTraffic(resources, { seconds: Number(values.seconds), rounds: Number(values.rounds), only })),
  );
printVerdicts('Targets', verdicts);
