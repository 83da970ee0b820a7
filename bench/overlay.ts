/**
 * `npm run bench -- overlay [--seconds 3] [--rounds 5] [--only vxlan,swarm]`: networks between containers of two hosts, side by side: a plain
 * route, each backend of Drover beside the same by hand (VXLAN, wireguard-go, strongSwan with kernel-libipsec), and the overlay of Docker Swarm.
 * Throughput of one TCP stream and of four (iperf3), and the time of a request and its reply of one byte over TCP. Hosts are network
 * namespaces, and one path at a time has traffic. Senders have one core and receivers the other; tunnels run on both.
 * Exits with 1 if a target is missed.
 */
import { parseArgs } from 'node:util';
import { createResources } from '../test/support/resources.ts';
import { measureTraffic } from './overlay/traffic.ts';
import { printVerdicts } from './support/report.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
  },
});
await using resources = createResources();
const verdicts = await measureTraffic(resources, {
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  only: values.only.toLowerCase().split(',').filter(Boolean),
});
printVerdicts('Targets', verdicts);
