import type { Problem } from '../../model/index.ts';
import type { Certificate } from './certificate.ts';
import type { SourceListing } from './list-sources.ts';

/** Who a problem is about. */
export function certificateSubject(name: string): string {
  return `certificate ${name}`;
}

const SOON_MS = 14 * 24 * 3_600_000;

/** A certificate outside of its time is served all the same: clients say more clearly what is wrong than a missing one. */
export function validityProblem({ name, notBeforeMs, notAfterMs }: Certificate, nowMs: number): Problem | null {
  const subject = certificateSubject(name);
  if (nowMs > notAfterMs) {
    const what = `expired at ${new Date(notAfterMs).toISOString()}; clients refuse it`;
    return { subject, what, hint: 'renew it' };
  }
  if (nowMs < notBeforeMs) {
    const what = `is not valid before ${new Date(notBeforeMs).toISOString()}; clients refuse it`;
    return { subject, what, hint: 'check the clock of this host, or install a certificate that is valid now' };
  }
  // Certificates of a few days are renewed when a third of their time is left.
  if (notAfterMs - nowMs > Math.min(SOON_MS, (notAfterMs - notBeforeMs) / 3)) return null;
  const what = `expires soon, at ${new Date(notAfterMs).toISOString()}`;
  return { subject, what, hint: 'renew it, or check why it was not renewed' };
}

/** Problems of the directory as a whole. A directory that never existed is none. */
export function directoryProblem(directory: string, code: string | undefined, known: number): Problem | null {
  const stays = known > 0 ? `; the ${known} certificates read before stay in use` : '';
  if (code === 'ENOENT') {
    if (known === 0) return null;
    return {
      subject: directory,
      what: `is missing${stays}`,
      hint: 'restore it, or create an empty directory to remove them',
    };
  }
  if (code === 'ENOTDIR')
    return { subject: directory, what: `is not a directory${stays}`, hint: 'replace it by a directory' };
  return { subject: directory, what: `cannot be read (${code})${stays}`, hint: 'give the agent permission to read it' };
}

/** A name from which no file name can be made. */
export function longNameProblem(name: string): Problem {
  return { subject: certificateSubject(name), what: 'has a name of more than 200 bytes', hint: 'rename its file' };
}

export function refusedProblem(name: string): Problem {
  const what = 'HAProxy refuses it, although certificate and key belong together';
  const hint = 'order one with a key of at least RSA 2048 or EC 256, and with signatures of SHA-256 or better';
  return { subject: certificateSubject(name), what, hint };
}

/** Says whether the certificate that was good before is still served. */
export function stillInUse(problem: Problem, isInUse: boolean): Problem {
  return isInUse ? { ...problem, what: `${problem.what}; the certificate before stays in use` } : problem;
}

/** Problems of the names of files. `inUse`: the certificates that are served all the same. */
export function listingProblems(
  { incomplete, repeated }: SourceListing,
  inUse: ReadonlyMap<string, Certificate>,
): readonly Problem[] {
  const partial = [...incomplete].map(([name, what]) => {
    const problem = { subject: certificateSubject(name), what, hint: 'add the missing file, or remove the rest' };
    return stillInUse(problem, inUse.has(name));
  });
  const second = repeated.map(({ name, path }) => ({
    subject: certificateSubject(name),
    what: `${path} has the name of another certificate, and is left out`,
    hint: 'rename it',
  }));
  return [...partial, ...second];
}
