import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KernelHost, onBridge, SERVICE_ADDRESS, startKernelHost } from '../support/kernel-host.ts';
import { percentile } from '../support/percentile.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import type { TestHost } from '../support/test-host.ts';

/** Answers from the kernel: clients in namespaces of their own on a bridge, a real `drover dns`, this machine's kernel. */
const ECHO = resolve('test/support/dns-echo.ts');
const SHOP = [1, 2, 3].map((n) => onBridge(`shop-web-${n}`, 'shop/web', `10.42.1.${100 + n}`));
const OTHERS = [onBridge('mail-1', 'stack-0/mail', '10.42.1.120'), onBridge('mail-2', 'stack-1/mail', '10.42.1.121')];
const resources = createResources();
let kernel: KernelHost;
let askers: readonly Asker[];
let first: Asker;
beforeAll(async () => {
  kernel = await startKernelHost(resources);
  askers = kernel.clients.map(startAsker);
  first = askers[0] as Asker;
  kernel.show([...SHOP, ...OTHERS]);
  // A name that no test asks for: what the server has answered once, the kernel answers.
  const isShown = async ({ ask }: Asker) => addresses((await ask([query('shop-web-3.rancher.internal')]))[0] ?? '')[0];
  for (const asker of askers) await poll(() => isShown(asker), { what: 'the containers in the answers' });
});
afterAll(() => resources.close());

interface Asked {
  readonly type?: number;
  readonly flags?: number;
  /** Bytes of an OPT record. */
  readonly opt?: string;
}

const OPT = {
  bare: '0000290400000000000000',
  big: '00002904d0000000000000',
  dnssecOk: '00002904d0000080000000',
  cookie: '00002904d00000000000' + '0c000a00080102030405060708',
};
let id = 0;

/** A query in hexadecimal. */
function query(name: string, { type = 1, flags = 0x0100, opt = '' }: Asked = {}): string {
  id = (id + 1) & 0xffff;
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label, 'latin1')]));
  const header = Buffer.alloc(12);
  [id, flags, 1, 0, 0, opt === '' ? 0 : 1].forEach((field, n) => void header.writeUInt16BE(field, n * 2));
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, type, 0, 1]), Buffer.from(opt, 'hex')]).toString('hex');
}

/** One process per client that sends the given queries. */
interface Asker {
  ask(queries: readonly string[]): Promise<readonly string[]>;
}

function startAsker(client: TestHost): Asker {
  const { file, args } = client.enter('node', [ECHO, SERVICE_ADDRESS]);
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  resources.add('asker', () => child.kill());
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async (queries) => {
      child.stdin.write(`${queries.join('\n')}\n`);
      const replies: string[] = [];
      for (const _ of queries) replies.push((await lines.next()).value ?? '-');
      return replies;
    },
  };
}

/** Without the id, and with the records in one order: what may differ between two replies to one question. */
function normal(reply: string): string {
  const [records = ''] = /(c00c0001.{24}|c00c001c.{48})+$/.exec(reply.replace(/0000290.*$/, '')) ?? [];
  const size = records.startsWith('c00c0001') ? 32 : 56;
  const sorted = (records.match(new RegExp(`.{${size}}`, 'g')) ?? []).sort().join('');
  return reply.slice(4).replace(records, sorted);
}

/** The addresses of an A reply. */
function addresses(reply: string): readonly string[] {
  return [...reply.matchAll(/c00c00010001.{8}0004(.{8})/g)].map(([, hex = '']) =>
    [...Buffer.from(hex, 'hex')].join('.'),
  );
}

async function answeredByKernel(work: () => Promise<unknown>): Promise<number> {
  const before = await kernel.answered();
  await work();
  return (await kernel.answered()) - before;
}

/** The replies to these queries, all from the kernel. It leaves them to the server while that one is stalled by a busy machine. */
async function askKernel({ ask }: Asker, queries: () => readonly string[]): Promise<readonly string[]> {
  return poll(
    async () => {
      let replies: readonly string[] = [];
      const answered = await answeredByKernel(async () => (replies = await ask(queries())));
      return answered === replies.length && replies;
    },
    { what: 'a round that the kernel answers' },
  );
}

const PLAIN: readonly (readonly [string, Asked?])[] = [
  ['web.shop.rancher.internal'],
  ['WEB.shop.Rancher.INTERNAL'],
  ['web.shop'],
  ['mail'],
  ['shop-web-2.rancher.internal'],
  ['web.shop.rancher.internal', { type: 28 }],
  ['web.shop.rancher.internal', { opt: OPT.bare }],
  ['web.shop.rancher.internal', { opt: OPT.big, flags: 0x0010 }],
  ['web.shop.rancher.internal', { flags: 0 }],
];
const OTHER: readonly (readonly [string, Asked?])[] = [
  ['web.shop.rancher.internal', { opt: OPT.cookie }],
  ['web.shop.rancher.internal', { opt: OPT.dnssecOk }],
  ['web.shop.rancher.internal', { type: 16 }],
  ['web.shop.rancher.internal', { type: 255 }],
  ['web.shop.rancher.internal', { flags: 0x2900 }],
  ['nobody.shop.rancher.internal'],
  ['rancher.internal', { type: 6 }],
];

describe('the kernel', () => {
  test('answers each client in its scope, byte for byte as the server does', async () => {
    for (const asker of askers) {
      const round = () => PLAIN.map(([name, asked]) => query(name, asked));
      const server = await asker.ask(round());
      const again = await askKernel(asker, round);
      expect(again.map(normal)).toEqual(server.map(normal));
    }
    const mail = await Promise.all(askers.map(({ ask }) => ask([query('mail'), query('mail')])));
    expect(mail.map((replies) => replies.map(addresses))).toEqual([
      [['10.42.1.120'], ['10.42.1.120']],
      [['10.42.1.121'], ['10.42.1.121']],
    ]);
  });

  test('leaves cookies, DO, other types and opcodes, and names that do not exist to the server', async () => {
    const round = () => first.ask(OTHER.map(([name, asked]) => query(name, asked)));
    await round();
    expect(await answeredByKernel(round)).toBe(0);
    expect((await round()).every((reply) => reply !== '-')).toBe(true);
  });

  test('rotates addresses', async () => {
    const queries = () => Array.from({ length: 300 }, () => query('web.shop.rancher.internal'));
    const heads = (await askKernel(first, queries)).map((reply) => addresses(reply)[0] ?? '');
    const counts = SHOP.map((_, n) => heads.filter((head) => head === `10.42.1.${101 + n}`).length);
    expect(counts).toEqual([100, 100, 100]);
  });
});

test('Q1: the next answers contain a change at once, and no later answer is stale', async () => {
  const load = startLoad(2_000);
  await poll(() => load.counts().length > 10, { what: 'the load' });
  const question = () => query('web.shop.rancher.internal');
  const control: number[] = [];
  const delays: number[] = [];
  for (let n = 0; n < 20; n += 1) {
    const idle = performance.now();
    await first.ask([question()]);
    control.push(performance.now() - idle);
    const wanted = 1 + (n % 2);
    kernel.show([...SHOP.slice(0, wanted), ...OTHERS]);
    const changedAt = performance.now();
    const isFresh = (reply: string) => addresses(reply).length === wanted;
    while (!isFresh((await first.ask([question()]))[0] ?? ''))
      expect(performance.now() - changedAt).toBeLessThan(15_000);
    delays.push(performance.now() - changedAt);
    const after = await first.ask(Array.from({ length: 20 }, question));
    expect(after.every(isFresh)).toBe(true);
  }
  await load.stop();
  kernel.show([...SHOP, ...OTHERS]);
  const [p50, base] = [percentile(delays, 0.5), percentile(control, 0.5)];
  console.log(`a change is answered after ${p50.toFixed(1)} ms (p50), a query takes ${base.toFixed(1)} ms`);
  expect(p50).toBeLessThan(100 + 20 * base);
});

test('the kernel stops answering within 250 ms after the server hangs or dies', async () => {
  const load = startLoad(5_000);
  const isAnswered = () => Date.now() - lastReplyAt(load.counts()) < 100;
  /** Of the last reply before half a second without one. The client goes on asking. */
  const untilSilent = async (): Promise<number> => {
    const sinceLast = () => (load.counts().at(-1)?.at ?? 0) - lastReplyAt(load.counts());
    await poll(() => sinceLast() > 500, { what: 'the end of the answers' });
    return lastReplyAt(load.counts());
  };
  await poll(isAnswered, { what: 'answers' });
  const stopped = Date.now();
  kernel.dns.signal('SIGSTOP');
  const late = (await untilSilent()) - stopped;
  kernel.dns.signal('SIGCONT');
  await poll(isAnswered, { what: 'answers again' });
  const killed = Date.now();
  kernel.dns.signal('SIGKILL');
  const afterDeath = (await untilSilent()) - killed;
  await load.stop();
  console.log(`last answer ${late} ms after SIGSTOP, ${afterDeath} ms after SIGKILL`);
  // Ten times the target: on a busy machine the client itself comes late.
  expect(late).toBeLessThan(2_500);
  expect(afterDeath).toBeLessThan(2_500);
});

interface Count {
  readonly at: number;
  readonly replies: number;
}

/** The same query again and again, from the first client. */
function startLoad(perSecond: number): { readonly counts: () => readonly Count[]; readonly stop: () => Promise<void> } {
  const client = kernel.clients[0] as TestHost;
  const load = client.start('node', [ECHO, SERVICE_ADDRESS, String(perSecond), query('web.shop.rancher.internal')]);
  const lines = () => load.stdout().split('\n').slice(0, -1);
  return {
    counts: () =>
      lines()
        .slice(-500)
        .map((line) => JSON.parse(line) as Count),
    stop: load.stop,
  };
}

/** When the count went up for the last time. */
function lastReplyAt(counts: readonly Count[]): number {
  return counts.findLast(({ replies }, n) => replies > (counts[n - 1]?.replies ?? replies))?.at ?? 0;
}
