import type { RuleProblem } from '../table/rule-problem.ts';
import type { Listener } from '../table/table.ts';

/** The certificates of one listener, for its `bind` line: `crt` of each file, `crt-list` of the list if `all`, `strict-sni`. */
export interface BoundCertificates {
  /** In order: HAProxy serves the first one to clients without SNI and for unknown names, unless `strictSni`. */
  readonly files: readonly string[];
  /** Whether the listener has the list of all certificates (`ALL_CERTIFICATES`), which changes without a reload. */
  readonly all: boolean;
  /**
   * Refuses clients without SNI and unknown names. HAProxy starts with it even if there is no certificate: the listener refuses all
   * handshakes until there is one.
   */
  readonly strictSni: boolean;
  /** Certificates that the listener names and that do not exist. */
  readonly problems: readonly RuleProblem[];
}

/** `directory`: where the operator puts certificates, for the problems. */
export function bindCertificates(
  { port, balancers, certificates }: Pick<Listener, 'port' | 'balancers' | 'certificates'>,
  available: ReadonlyMap<string, { readonly file: string }>,
  directory: string,
): BoundCertificates {
  const { names, default: first } = certificates ?? { names: [], default: null };
  const wanted = [...new Set([...(first === null ? [] : [first]), ...names])];
  const isFirstThere = first !== null && available.has(first);
  const missing = wanted.filter((name) => !available.has(name));
  return {
    files: wanted.flatMap((name) => available.get(name)?.file ?? []),
    all: names.length === 0,
    strictSni: !isFirstThere,
    problems: balancers.flatMap((service) => missing.map((name) => missingProblem(service, port, name, directory))),
  };
}

function missingProblem(service: string, port: number, name: string, directory: string): RuleProblem {
  return {
    service,
    subject: `${service} port ${port}`,
    what: `certificate ${name} is missing; the port goes on without it`,
    hint: `put ${name}.pem, with certificate and key, into ${directory}`,
  };
}
