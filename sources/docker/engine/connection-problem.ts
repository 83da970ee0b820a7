import type { Problem } from '../../../model/index.ts';
import { ApiVersionError, NonsenseError } from './api.ts';

/** Why there is no connection to Docker, for operators. */
export function connectionProblem(error: unknown, where: string): Problem {
  const subject = `Docker at ${where}`;
  const message = error instanceof Error ? error.message.trim() : String(error);
  if (error instanceof ApiVersionError) {
    return { subject, what: message, hint: 'install Docker Engine 20.10 or newer' };
  }
  if (error instanceof NonsenseError) {
    return { subject, what: `its answer cannot be parsed: ${message}`, hint: 'check which program listens there' };
  }
  const known = KNOWN.find(({ codes }) => codes.includes((error as { code?: string }).code ?? ''));
  if (known) return { subject, what: known.what, hint: known.hint };
  return { subject, what: message, hint: 'read the log of dockerd; Drover retries automatically' };
}

const KNOWN: readonly { readonly codes: readonly string[]; readonly what: string; readonly hint: string }[] = [
  {
    codes: ['ENOENT', 'ENOTDIR'],
    what: 'the socket does not exist',
    hint: 'start dockerd, or set `docker.socket` in the configuration to the path of its socket',
  },
  {
    codes: ['EACCES', 'EPERM'],
    what: 'permission denied for the socket',
    hint: 'run Drover as root or as a member of the group that owns the socket',
  },
  { codes: ['ECONNREFUSED'], what: 'connection refused: no process listens on the socket', hint: 'start dockerd' },
  {
    codes: ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'],
    what: 'the connection was closed',
    hint: 'check that dockerd is running; Drover reconnects automatically',
  },
];
