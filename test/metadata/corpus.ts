import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { exchange, type RawReply } from './raw-http.ts';

/** Requests and replies recorded from rancher-metadata with `answers.json`. */
export interface Recorded {
  readonly id: string;
  readonly tags: readonly string[];
  readonly note?: string;
  readonly req: { method: string; target: string; headers: [string, string][]; proto?: string; body?: string };
  readonly res: { closed?: true; status: number; headers: [string, string][]; body?: string; body_base64?: string };
  /** The answers file that was loaded during this long poll. */
  readonly reload?: string;
}

const FIXTURES = new URL('../fixtures/metadata/', import.meta.url);
export const corpus = readFileSync(new URL('corpus.jsonl', FIXTURES), 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line): Recorded => JSON.parse(line));

export const firstAnswers = gunzipSync(readFileSync(new URL('answers.json.gz', FIXTURES))).toString('utf8');
export const secondAnswers = firstAnswers
  .replaceAll('20-aff454dabf2760385d247a5955488ff3', '21-0c1b2d3e4f5061728394a5b6c7d8e9f0')
  .replaceAll('"region_name":"region-1"', '"region_name":"region-2"');

/** Intended differences; metadata/README.md explains each. */
export const FIXED: Readonly<Record<string, Pick<RawReply, 'status' | 'body'>>> = {
  'main-273': { status: 200, body: '0/\n' },
  'main-275': { status: 200, body: '0/\n1=ok\n' },
  'main-277': { status: 404, body: 'Not found\n' },
};

const COMPARED = ['content-type', 'location', 'access-control-allow-origin', 'x-content-type-options'];

/** Sends a recorded request, byte for byte. */
export function send(port: number, { req }: Recorded): Promise<RawReply> {
  const head = `${req.method} ${req.target} ${req.proto ?? 'HTTP/1.1'}\r\n`;
  const headers = req.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return exchange(port, `${head}${headers}\r\n${req.body ?? ''}`, { head: req.method === 'HEAD' });
}

export function titleOf({ id, req, note }: Recorded): string {
  const headers = req.headers.filter(([name]) => !['Host', 'Connection'].includes(name)).map((pair) => pair.join(': '));
  return [id, req.method, req.target, ...headers, note ?? ''].join(' ');
}

export function waitOf({ req }: Recorded): number {
  const asked = Number(/maxWait=(\d+)/.exec(req.target)?.[1] ?? 60);
  return Math.min(asked, 120) * 1000;
}

export function repliedBy({ res, req }: Recorded): RawReply {
  const headers = Object.fromEntries(res.headers.map(([name, value]) => [name.toLowerCase(), value]));
  const body =
    res.body_base64 === undefined ? (res.body ?? '') : Buffer.from(res.body_base64, 'base64').toString('utf8');
  return { status: res.status, headers, body: req.method === 'HEAD' ? '' : body };
}

export function shown({ status, headers, body }: RawReply) {
  return { status, body, headers: Object.fromEntries(COMPARED.map((name) => [name, headers[name]])) };
}
