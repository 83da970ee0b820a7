/**
 * `npm run bench -- overlay [--seconds 3] [--rounds 5] [--only vxlan,swarm]`: networks between containers of two hosts, side by side: a plain
 * route, VXLAN by hand, the overlay of Docker Swarm, wireguard-go by hand, strongSwan (kernel-libipsec) by hand. Throughput of one TCP stream
 * and of four (iperf3), and the time of a request and its reply of one byte over TCP. Hosts are network namespaces, and one path at a time has
 * traffic. Both cores work for both ends: compare within one run only.
 */
import { parseArgs } from 'node:util';
import { createResources } from '../test/support/resources.ts';
import { measureTraffic } from './overlay/traffic.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
  },
});
await using resources = createResources();
await measureTraffic(resources, {
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  only: values.only.toLowerCase().split(',').filter(Boolean),
});
