import type { StatRow } from '../../../lb/index.ts';

/** Of a listener, a backend or a server. The numbers begin again at zero with each reload of HAProxy. */
export interface Traffic {
  /** Open now: requests and tunnels for HTTP, connections else. */
  readonly sessions: number;
  /** Requests of the last second for HTTP, connections else. */
  readonly perSecond: number;
  /** Requests for HTTP, connections else. */
  readonly total: number;
  /** Replies with 5xx for HTTP, and connections to containers that failed. */
  readonly errors: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Column `type` of the statistics. */
const FRONTEND = '0';
export const SERVER = '2';

export function trafficOf(row: StatRow): Traffic {
  const isHttp = row.mode === 'http';
  const isFrontend = row.type === FRONTEND;
  const requests = isHttp && isFrontend;
  return {
    sessions: numberIn(row, 'scur'),
    perSecond: numberIn(row, requests ? 'req_rate' : 'rate'),
    total: numberIn(row, requests ? 'req_tot' : 'stot'),
    errors: errorsIn(row, isHttp),
    bytesIn: numberIn(row, 'bin'),
    bytesOut: numberIn(row, 'bout'),
  };
}

/** A failed connection of a server is retried. If no retry succeeds, the listener and the backend count a 503. */
function errorsIn(row: StatRow, isHttp: boolean): number {
  if (!isHttp) return numberIn(row, 'econ') + numberIn(row, 'eresp');
  return numberIn(row, 'hrsp_5xx') + (row.type === SERVER ? numberIn(row, 'econ') : 0);
}

export function numberIn(row: StatRow, column: keyof StatRow): number {
  return Number(row[column]) || 0;
}
