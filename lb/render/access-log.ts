import { type Word, word } from './quote.ts';
import { mapFile, NAMES } from './run-time-maps.ts';

/** A number, or a name that HAProxy or Drover has made: nothing to escape. */
type Field = readonly [name: string, value: string];

const CONNECTION: readonly Field[] = [
  ['time', '%Ts%ms'],
  ['port', '%fp'],
  ['client', '"%ci"'],
  ['clientPort', '%cp'],
  // HAProxy's own name of it is that of the section, which can be a spare one.
  ['backend', `"%[be_name,map_str(${mapFile(NAMES)}),field(1,/)]"`],
  ['server', '"%s"'],
  ['durationMs', '%Tt'],
  ['end', '"%ts"'],
];

const HTTP: readonly Field[] = [
  ...CONNECTION,
  ['method', variable('method', 32)],
  ['host', variable('host', 255)],
  ['uri', variable('uri', 1024)],
  ['status', '%ST'],
  ['sentBytes', '%B'],
  ['userAgent', variable('user_agent', 255)],
  ['requestId', variable('request_id', 255)],
];

const TCP: readonly Field[] = [...CONNECTION, ['receivedBytes', '%U'], ['sentBytes', '%B']];

const SNI: readonly Field[] = [...TCP, ['host', variable('host', 255)]];

/** What a client sent. Escaping makes it at most six times as long, and a line of the log has room for that. */
function variable(name: string, maxBytes: number): string {
  return `"%[var(txn.${name}),bytes(0,${maxBytes}),json(utf8s)]"`;
}

/** Log format of one JSON object a line; `time` is in milliseconds since the epoch. */
export function accessLogFormat(kind: 'http' | 'tcp' | 'sni'): Word {
  const fields = { http: HTTP, tcp: TCP, sni: SNI }[kind];
  return word(`{${fields.map(([name, value]) => `"${name}":${value}`).join(',')}}`);
}
