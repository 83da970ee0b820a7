import type { BoundAddress } from '../custom/index.ts';
import type { RuleProblem } from '../table/rule-problem.ts';

export interface RenderSettings {
  /** Absolute path of the directory that `files` are written to. Its subdirectory `certs` is that of the certificate store. */
  readonly directory: string;
  /** By name; `file` has the certificate and its key. */
  readonly certificates: ReadonlyMap<string, { readonly file: string }>;
  /** Where the operator puts certificates, for problems. */
  readonly certificateDirectory: string;
  /** False if the host has no IPv6. */
  readonly ipv6: boolean;
  /** False if HAProxy cannot compress. */
  readonly gzip: boolean;
  /** How long connections of an earlier configuration may stay open after a reload. */
  readonly oldConnectionsMs: number;
  /** Whether HAProxy's workers, which run without privileges, can connect to sockets in the directory. */
  readonly reachable: boolean;
}

export interface RenderedConfig {
  /** Path relative to the directory -> text. `haproxy.cfg` is one of them; the names of the others contain a hash of their content. */
  readonly files: ReadonlyMap<string, string>;
  /**
   * Hash of everything but the servers, the entries of `rules`, and the sections of backends that can have a spare one. The `description` of the
   * process is `drover-<structure>`. A process with another one must reload.
   */
  readonly structure: string;
  /** The rules that come and go at run time: name of a map (`rulesMap`) -> key -> backend. */
  readonly rules: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By name of the backend. What was left out (`problems`) is not in it. */
  readonly backends: ReadonlyMap<string, RenderedBackend>;
  /** What a line of `haproxy.cfg` (from 1) was written for. */
  readonly ownerOf: (line: number) => LineOwner;
  /** On which own text listens, besides the listeners of the table. */
  readonly ownBound: readonly (BoundAddress & { readonly balancer: string })[];
  /** What could not be written and was left out. */
  readonly problems: readonly RuleProblem[];
}

export interface RenderedBackend {
  /** `Backend.rule`. */
  readonly rule: string;
  /** Who may use it; empty: everyone. */
  readonly users: readonly string[];
  /** For `serverArguments`. */
  readonly serverParameters: string;
  /** For `set dynamic-cookie-key backend`, after each `add server`; null: no cookies. */
  readonly cookieKey: string | null;
  /** Of its section in the map of names. */
  readonly entry: string;
  /** The sections besides its own that it can have. */
  readonly spares: readonly string[];
}

/** `rule` and `balancer` are those of the table. */
export type LineOwner =
  | { readonly kind: 'drover' }
  /** Own HAProxy text of a balancer. */
  | { readonly kind: 'custom'; readonly balancer: string }
  | { readonly kind: 'rule'; readonly balancer: string; readonly rule: string }
  | { readonly kind: 'listener'; readonly port: number; readonly balancers: readonly string[] }
  | { readonly kind: 'backend'; readonly balancer: string; readonly backend: string };
