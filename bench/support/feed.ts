import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { reductionFor } from '../../facts/index.ts';
import type { JsonValue } from '../../model/index.ts';
import type { Resources } from '../../test/support/resources.ts';
import { type DataSet, SUFFIX } from './data-set.ts';
import { type HostFacts, hostsOf, OWN_HOST } from './facts.ts';

/** The agent's feed, as one server sees it: the whole data set, then changes. It keeps no state, so that it costs no time. */
export interface BenchFeed {
  /** Sends changed facts of one host; returns when they were written (nanoseconds, monotonic clock) and when the server reported them as applied. */
  change(hostId: string, facts: HostFacts): Promise<{ readonly writtenNs: bigint; readonly appliedNs: bigint }>;
}

/** Serves it at `path` to every client. */
export async function serveBenchFeed(
  resources: Resources,
  path: string,
  { set, role }: { readonly set: DataSet; readonly role: 'dns' | 'metadata' },
): Promise<BenchFeed> {
  const reduced = reducedFor(role);

  let client: Socket | null = null;
  let revision = 1;
  const applied = new Map<number, (at: bigint) => void>();
  const server = createServer((socket) => {
    client = socket;
    let rest = '';
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (text: unknown) => {
      const at = process.hrtime.bigint();
      const lines = (rest + String(text)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const message = JSON.parse(line) as { readonly type: string; readonly revision: number; readonly id: number };
        if (message.type === 'applied') applied.get(message.revision)?.(at);
        if (message.type === 'identify') socket.write(lineOf({ type: 'identified', id: message.id, known: false }));
      }
    });
    void sendAll(socket, set, { revision, reduced }).catch(() => {});
  });
  server.listen(path);
  await once(server, 'listening');
  resources.add('feed of the bench', () => {
    client?.destroy();
    server.close();
  });
  return {
    change: (hostId, facts) => {
      revision += 1;
      const text = lineOf({ type: 'host', id: hostId, facts: reduced(facts) }) + commit(revision, false);
      const writtenNs = process.hrtime.bigint();
      client?.write(text);
      return new Promise((resolve) => {
        applied.set(revision, (appliedNs) => resolve({ writtenNs, appliedNs }));
      });
    },
  };
}

async function sendAll(
  socket: Socket,
  set: DataSet,
  { revision, reduced }: { readonly revision: number; readonly reduced: (facts: HostFacts) => HostFacts },
): Promise<void> {
  const environment = { name: 'bench', uuid: 'bench', suffixes: [`${SUFFIX}.`] };
  socket.write(lineOf({ type: 'hello', protocol: 1, hostId: OWN_HOST, environment }));
  for (const [id, facts] of hostsOf(set))
    if (!socket.write(lineOf({ type: 'host', id, facts: reduced(facts) }))) await once(socket, 'drain');
  socket.write(commit(revision, true));
}

/** As the agent sends them to a process of this role. */
function reducedFor(role: string): (facts: HostFacts) => HostFacts {
  const { fact } = reductionFor(role);
  return (facts) => Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, fact(key, value) ?? null]));
}

function commit(revision: number, full: boolean): string {
  return lineOf({ type: 'commit', revision, full, complete: true, staleSinceMs: null });
}

function lineOf(message: JsonValue): string {
  return `${JSON.stringify(message)}\n`;
}
