/**
 * Probers of one process in a test host. Prints `{"paths": {hostId: ...}, "problem", "cpuSeconds", "wallMs"}` of the first one, every
 * `printMs`. SIGUSR2 sets the wall clock forward by an hour.
 *   node probe-process.ts '{"port", "printMs", "probers": [{"own", "peers", "minIntervalMs"}, ...]}'
 */
import { createProber, type ProbedPeer, type ProbingHost } from '../../overlay/index.ts';
import { type Clock, systemClock } from '../../system/index.ts';
import { testLog } from './test-log.ts';

export interface ProbeSettings {
  readonly port: number;
  readonly printMs: number;
  readonly probers: readonly {
    readonly own: ProbingHost;
    readonly peers: readonly ProbedPeer[];
    readonly minIntervalMs: number;
  }[];
}

const { port, printMs, probers } = JSON.parse(process.argv[2] ?? '{}') as ProbeSettings;
let shiftMs = 0;
process.on('SIGUSR2', () => {
  shiftMs += 3_600_000;
});
const clock: Clock = { ...systemClock, now: () => systemClock.now() + shiftMs };
const running = probers.map(({ own, peers, minIntervalMs }) => {
  const prober = createProber({ clock, log: testLog(own.hostId) }, { port, minIntervalMs });
  prober.update(own, peers);
  return prober;
});

const timer = setInterval(() => {
  const [first] = running;
  const { user, system } = process.cpuUsage();
  const paths = Object.fromEntries(first?.status() ?? []);
  const cpuSeconds = (user + system) / 1e6;
  console.log(JSON.stringify({ paths, problem: first?.problem(), cpuSeconds, wallMs: clock.now() }));
}, printMs);
process.once('SIGTERM', () => {
  clearInterval(timer);
  void Promise.all(running.map((prober) => prober.close())).then(() => console.log('closed'));
});
