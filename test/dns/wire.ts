import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { Packet } from 'dns2';
import { type DnsOptions, type DnsServer, serveDns } from '../../dns/index.ts';
import { createLog, systemClock } from '../../system/index.ts';
import { type HostView, viewOf } from '../../view/index.ts';
import type { Resources } from '../support/resources.ts';
import { snapshot, type World } from '../view/world.ts';

/** A server on a free loopback port, with a view that the test may replace. */
export interface TestDns {
  readonly server: DnsServer;
  readonly port: number;
  see(world: World): void;
}

export interface TestDnsOptions extends Partial<DnsOptions> {
  readonly identify?: (address: string) => Promise<boolean>;
  readonly upstreams?: readonly string[] | (() => readonly string[]);
}

export async function startDns(resources: Resources, world: World, options: TestDnsOptions = {}): Promise<TestDns> {
  let view: HostView = viewOf(snapshot(world), 'a');
  const listeners = new Set<() => void>();
  const { identify = async () => false, upstreams = [], ...rest } = options;
  const server = await serveDns(
    {
      view: () => view,
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      identify,
      upstreams: typeof upstreams === 'function' ? upstreams : () => upstreams,
      clock: systemClock,
      log: createLog('dns', { level: 'silent', format: 'json' }),
    },
    { listen: [{ address: '127.0.0.1', port: 0 }], ...rest },
  );
  resources.add('DNS server', () => server.close());
  return {
    server,
    port: server.addresses[0]?.port ?? 0,
    see: (next) => {
      view = viewOf(snapshot(next), 'a', view);
      for (const listener of listeners) listener();
    },
  };
}

export interface AskOptions {
  readonly type?: number;
  /** Source address; default 127.0.0.1. */
  readonly from?: string;
  /** EDNS payload size; absent: no EDNS. */
  readonly edns?: number;
  readonly tcp?: boolean;
  readonly server?: string;
  readonly timeoutMs?: number;
}

/** Sends a query from a raw socket; returns the reply, decoded by dns2. */
export async function ask(port: number, name: string, options: AskOptions = {}): Promise<Packet> {
  const reply = await exchange(port, queryFor(name, options), options);
  return Packet.parse(reply);
}

/** `10.42.1.1 10.42.1.2`, or the name of the rcode if there is no answer. */
export async function addresses(port: number, name: string, options: AskOptions = {}): Promise<string> {
  const { answers, header } = await ask(port, name, options);
  const given = answers.flatMap(({ address }) => address ?? []);
  if (given.length > 0) return given.join(' ');
  return ['NODATA', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'][header.rcode] ?? String(header.rcode);
}

export function queryFor(name: string, { type = Packet.TYPE.A, edns }: AskOptions = {}): Buffer {
  const query = new Packet();
  query.header = new Packet.Header({ id: 0x1234, rd: 1 });
  query.questions.push(new Packet.Question(name, type, Packet.CLASS.IN));
  if (edns !== undefined) query.additionals.push(Packet.Resource.EDNS([], { udpPayloadSize: edns }));
  return query.toBuffer();
}

/** Sends bytes and returns the first reply. */
export function exchange(port: number, message: Buffer, options: AskOptions = {}): Promise<Buffer> {
  return options.tcp ? exchangeTcp(port, message, options) : exchangeUdp(port, message, options);
}

async function exchangeUdp(
  port: number,
  message: Buffer,
  { from = '127.0.0.1', server = '127.0.0.1', timeoutMs = 8_000 }: AskOptions,
): Promise<Buffer> {
  const socket = createSocket('udp4');
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  socket.once('message', resolve);
  socket.once('error', reject);
  socket.bind(0, from, () => socket.send(message, port, server));
  const timer = setTimeout(() => reject(new Error('no reply')), timeoutMs);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

async function exchangeTcp(
  port: number,
  message: Buffer,
  { from = '127.0.0.1', server = '127.0.0.1', timeoutMs = 8_000 }: AskOptions,
): Promise<Buffer> {
  const socket = connect({ port, host: server, localAddress: from });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no reply')));
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  socket.write(Buffer.concat([length, message]));
  return Packet.readStream(socket).finally(() => socket.destroy());
}

/** The output of dig; arguments as on its command line. */
export async function dig(port: number, ...args: readonly string[]): Promise<string> {
  return digPlain(port, '+nocookie', '+tries=1', '+time=8', ...args);
}

/** The same with dig's own defaults: EDNS with a cookie. */
export async function digPlain(port: number, ...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)('dig', ['@127.0.0.1', '-p', String(port), ...args])).stdout;
}
