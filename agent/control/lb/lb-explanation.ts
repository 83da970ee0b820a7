import type { HashedServer, Listener } from '../../../lb/index.ts';
import type { ListenerProtocol } from '../../../model/index.ts';
import type { BackendRow, ListenerRow, RuleRow } from './lb-page.ts';

/** Body of `POST /v1/why/lb`. */
export interface LbPortRequest {
  readonly port: number;
}

/** Its reply: what the command needs to explain requests for a port. */
export interface LbPort extends Pick<LbExplanation, 'host' | 'elsewhere' | 'notes'> {
  /** Without hashes of passwords. Null: no rule is for the port. */
  readonly listener: Listener | null;
  /** HAProxy has not opened it. */
  readonly isClosed: boolean;
  /** Those of its rules. */
  readonly backends: readonly PortBackend[];
}

export interface PortBackend {
  readonly row: BackendRow;
  readonly isSticky: boolean;
  /** With `balance source`: the servers that take new clients; empty if HAProxy does not reply. Null: another balance. */
  readonly bySource: readonly HashedServer[] | null;
}

/** A request or connection of a client. */
export interface LbRequest {
  readonly protocol: ListenerProtocol;
  /** Lower case, without port and final dot; empty: none. For `sni`, the name in the TLS handshake. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Address of the client; null: any. */
  readonly from: string | null;
}

/** What the load balancer of a host does with a request, and why. */
export interface LbExplanation {
  readonly asked: LbRequest;
  /** Name of the host. */
  readonly host: string;
  /** One sentence: what the client gets. */
  readonly outcome: string;
  /** Null: nothing listens on the port. */
  readonly listener: Pick<ListenerRow, 'port' | 'protocol'> | null;
  /** In the order of matching, up to the one that decides and those after it. */
  readonly rules: readonly RuleVerdict[];
  /** Of the rule that matches. */
  readonly backend: BackendRow | null;
  /** Load balancers that other hosts run on this port, and this host does not. */
  readonly elsewhere: readonly ElsewhereRow[];
  readonly notes: readonly string[];
}

export interface RuleVerdict extends Pick<RuleRow, 'name' | 'host' | 'path' | 'options'> {
  readonly chosen: boolean;
  readonly why: string;
}

export interface ElsewhereRow {
  /** `stack/service` of the load balancer. */
  readonly balancer: string;
  /** Names of the hosts that run it, sorted; empty: none. */
  readonly hosts: readonly string[];
}
