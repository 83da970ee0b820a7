import type { Daemon } from './daemon.ts';
import { poll } from './poll.ts';
import type { TestHost } from './test-host.ts';

/** Queries DNS and metadata continuously and counts the results. */
export interface SteadyAsker {
  readonly good: number;
  /** One line per missing or wrong answer. */
  readonly bad: readonly string[];
  /** Waits for this many further correct answers. */
  more(count: number): Promise<void>;
  stop(): Promise<void>;
}

const SERVER = '169.254.169.250';

/**
 * `name` must have addresses; metadata must answer `/latest/version`. One try each: no retry hides a gap. A reply may take as
 * long as clients of DNS wait, because the machine may be busy. Asks from the host's own network, or from the network namespace of a process, such as a container's.
 */
export function startSteadyAsker(host: TestHost, name: string, pid: number | null = null): SteadyAsker {
  const script = `
    while :; do
      answer=$(dig +short +time=5 +tries=1 @${SERVER} ${name} A 2>&1)
      case $answer in [0-9]*.[0-9]*) echo good ;; *) echo "bad dns: $answer" | tr '\\n' ' '; echo ;; esac
      answer=$(busybox wget -q -O - http://${SERVER}/latest/version 2>&1) && echo good || echo "bad metadata: $answer"
      sleep 0.02
    done`;
  const enter = pid === null ? [] : ['nsenter', '-t', String(pid), '-n', '--'];
  const [file = 'sh', ...args] = [...enter, 'sh', '-c', script];
  const daemon: Daemon = host.start(file, args);
  const lines = () => daemon.stdout().split('\n').slice(0, -1);
  const asker: SteadyAsker = {
    get good() {
      return lines().filter((line) => line === 'good').length;
    },
    get bad() {
      return lines().filter((line) => line.startsWith('bad'));
    },
    more: async (count) => {
      const wanted = asker.good + count;
      await poll(() => asker.good >= wanted, { what: `${count} more answers`, timeoutMs: 20_000 });
    },
    stop: () => daemon.stop(),
  };
  return asker;
}
