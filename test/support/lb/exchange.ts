import { type Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { EchoReply } from './echo-app.ts';
import type { LoadTarget } from './load.ts';
import { LoadError } from './tally.ts';

export interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Default: a new connection that ends with the reply. */
  readonly agent?: Agent | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export function openRequest(
  target: LoadTarget,
  { method, path, agent, headers = {}, timeoutMs }: Exchange,
): ClientRequest {
  const { address, port, host } = target;
  const close = agent ? {} : { Connection: 'close' };
  const options = {
    ...{ host: address, port, method, path, agent: agent ?? false, timeout: timeoutMs },
    headers: { Host: host, ...close, ...headers },
  };
  const request =
    target.protocol === 'http'
      ? requestHttp(options)
      : requestHttps({ ...options, servername: host, rejectUnauthorized: false });
  return request.on('timeout', () => request.destroy(new LoadError('timeout', `no reply for ${timeoutMs} ms`)));
}

/** Gives the id of who answered; rejects if the reply is not what was asked for. */
export async function readReply(request: ClientRequest, target: LoadTarget, bodyBytes: number): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).on('error', reject);
  });
  const text = await new Promise<string>((resolve, reject) => {
    let body = '';
    response.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    response.once('end', () => resolve(body)).on('error', reject);
  });
  if (response.statusCode !== 200) throw new LoadError('status', `status ${response.statusCode} ${firstLine(text)}`);
  return target.service === null ? firstLine(text) : idIn(text, { target, path: request.path, bodyBytes });
}

function idIn(
  text: string,
  wanted: { readonly target: LoadTarget; readonly path: string; readonly bodyBytes: number },
): string {
  const { target, path, bodyBytes } = wanted;
  const reply = parseReply(text);
  if (reply?.path !== path || reply.bodyBytes !== bodyBytes)
    throw new LoadError('wrong body', `${path} with ${bodyBytes} bytes got ${firstLine(text)}`);
  if (reply.service !== target.service)
    throw new LoadError('wrong service', `${target.host} got a reply of ${reply.service} instead of ${target.service}`);
  return reply.id;
}

function parseReply(text: string): EchoReply | null {
  try {
    return JSON.parse(text) as EchoReply;
  } catch {
    return null;
  }
}

export function fingerprintOf(request: ClientRequest): string | null {
  const socket = request.socket as Partial<TLSSocket> | null;
  // Null, other than its type says, once the connection is closed.
  return socket?.getPeerCertificate?.()?.fingerprint256 ?? null;
}

const firstLine = (text: string): string => text.trim().slice(0, 200).replaceAll(/\s+/g, ' ');
