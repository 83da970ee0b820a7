/**
 * `npm run bench -- lb [traffic|render|agent|change] [--seconds 3] [--rounds 5] [--only drover,hand] [--changes 100]`: the load balancer.
 * - `traffic`: requests per second and p99 through the configuration that Drover renders, beside HAProxy configured by hand, nginx and
 *   Caddy, for one service and for 1,000 host names. CPU per request is the figure to compare if the machine is not quiet.
 * - `render`: 1,000 backends of 10 servers.
 * - `agent`: what a changed endpoint costs the agent (CPU) among 1,000 services of 10 containers, and how long it takes until HAProxy has it.
 * - `change`: from Docker's event to the first reply of a container that starts, and to the last one of a container that is stopped.
 * Exits with 1 if a target is missed.
 */
import { parseArgs } from 'node:util';
import { createResources } from '../test/support/resources.ts';
import { measureAgent } from './lb/agent.ts';
import { measureChanges } from './lb/change.ts';
import { measureRendering } from './lb/render.ts';
import { measureTraffic } from './lb/traffic.ts';
import { printVerdicts } from './support/report.ts';
import type { Verdict } from './support/targets.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    changes: { type: 'string', default: '100' },
  },
});
const options = {
  seconds: Number(values.seconds),
  rounds: Number(values.rounds),
  only: values.only.toLowerCase().split(',').filter(Boolean),
};
const wanted = (part: string): boolean => positionals.length === 0 || positionals.includes(part);

const verdicts: Verdict[] = [];
await using resources = createResources();
if (wanted('traffic')) verdicts.push(...(await measureTraffic(resources, options)));
if (wanted('render')) verdicts.push(...(await measureRendering()));
if (wanted('agent')) verdicts.push(...(await measureAgent(resources, Number(values.changes))));
if (wanted('change')) verdicts.push(...(await measureChanges(resources, Number(values.changes))));
printVerdicts('Targets', verdicts);
