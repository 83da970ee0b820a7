import type { Problem } from '../../../model/index.ts';
import { ApiVersionError, NonsenseError } from './api.ts';

/** Why there is no conversation with Docker, told to a person. */
export function connectionProblem(error: unknown, where: string): Problem {
  const subject = `Docker at ${where}`;
  const message = error instanceof Error ? error.message.trim() : String(error);
  if (error instanceof ApiVersionError) {
    return { subject, what: message, hint: 'install a Docker Engine of 20.10 or newer' };
  }
  if (error instanceof NonsenseError) {
    return { subject, what: `it answers what cannot be understood: ${message}`, hint: 'check what listens there' };
  }
  const known = KNOWN.find(({ codes }) => codes.includes((error as { code?: string }).code ?? ''));
  if (known) return { subject, what: known.what, hint: known.hint };
  return { subject, what: message, hint: 'look at the log of dockerd; Drover tries again by itself' };
}

const KNOWN: readonly { readonly codes: readonly string[]; readonly what: string; readonly hint: string }[] = [
  {
    codes: ['ENOENT', 'ENOTDIR'],
    what: 'there is no such socket',
    hint: 'start dockerd, or set the path of its socket in the configuration',
  },
  {
    codes: ['EACCES', 'EPERM'],
    what: 'permission to use the socket is denied',
    hint: 'run Drover as root or as a member of the group that owns the socket',
  },
  { codes: ['ECONNREFUSED'], what: 'nobody listens on the socket', hint: 'start dockerd' },
  {
    codes: ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'],
    what: 'the connection was cut',
    hint: 'check that dockerd runs; Drover connects again by itself',
  },
];
