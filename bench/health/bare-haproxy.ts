import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { INTERVAL_MS, type Kind, PORT, TARGETS, targetAddress } from './crowd.ts';

export interface BareFiles {
  readonly config: string;
  readonly socket: string;
}

/** A configuration with the same servers and checks as Drover's, written as one would by hand. */
export async function writeBareConfig(dir: string, kind: Kind): Promise<BareFiles> {
  const files = { config: join(dir, `bare-${kind}.cfg`), socket: join(dir, `bare-${kind}.sock`) };
  const servers = Array.from(
    { length: TARGETS },
    (_, n) => `  server bare${n} ${targetAddress(n)}:${PORT} check inter ${INTERVAL_MS} rise 2 fall 3`,
  );
  const http = [
    'mode http',
    'option httpchk',
    'http-check send meth GET uri / ver HTTP/1.0',
    'http-check expect status 200-399',
  ];
  const lines = [
    'global',
    '  log ring@events format raw local0',
    `  stats socket ${files.socket} mode 600 level admin`,
    '  stats timeout 1d',
    '  nbthread 1',
    '  maxconn 10000',
    '  no strict-limits',
    '  spread-checks 5',
    'ring events',
    '  format raw',
    '  maxlen 1200',
    '  size 4194304',
    'defaults',
    '  log global',
    '  option log-health-checks',
    '  timeout connect 2s',
    '  timeout check 2s',
    '  timeout client 10s',
    '  timeout server 10s',
    'backend checks',
    ...(kind === 'http' ? http : ['mode tcp']).map((line) => `  ${line}`),
    ...servers,
  ];
  await writeFile(files.config, `${lines.join('\n')}\n`);
  return files;
}
