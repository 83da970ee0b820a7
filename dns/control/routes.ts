import type { ServerResponse } from 'node:http';
import { formatProblem, type Problem } from '../../model/index.ts';
import { type Clock, type Route, sendText } from '../../system/index.ts';
import type { LiveQueries } from '../metrics/live-queries.ts';
import { renderDnsMetrics } from '../metrics/prometheus.ts';
import type { DnsReport } from '../metrics/report.ts';
import { parseQueryFilter } from './query-filter.ts';
import { type LeftOut, type SeenQuery, seenQuery } from './seen-query.ts';

export interface ControlDependencies {
  readonly live: LiveQueries;
  /** The asker at an address; null if it is not known. */
  readonly askerAt: (address: string) => { readonly label: string } | null;
  readonly report: () => DnsReport;
  readonly clock: Clock;
  /** Aborts to end the streams. */
  readonly signal: AbortSignal;
}

/** The result of a reload of the answers file. */
export interface Reloaded {
  readonly ok: boolean;
  /** If `ok`: entries that were left out; else why the file was not used. */
  readonly problems: readonly Problem[];
}

/** Serves metrics for Prometheus. */
export function metricsRoute(report: () => DnsReport): Route {
  return (_, response) => sendText(response, 200, renderDnsMetrics(report()), 'text/plain; version=0.0.4');
}

/** Like rancher-dns: 200 and `OK`, or 500 and the reason. */
export function reloadRoute(reload: () => Promise<Reloaded>): Route {
  return async (_, response) => {
    try {
      const { ok, problems } = await reload();
      if (ok) sendText(response, 200, 'OK');
      else sendText(response, 500, problems.map(formatProblem).join('\n'));
    } catch (error) {
      sendText(response, 500, String(error));
    }
  };
}

const LEFT_OUT_INTERVAL_MS = 1_000;

/** Streams live queries, one line each, until the client disconnects: `?from=&name=&rcode=`. */
export function queriesRoute({ live, askerAt, clock, signal }: ControlDependencies): Route {
  return async (_, response, { searchParams }) => {
    const filter = parseQueryFilter(searchParams, askerAt);
    if (!filter.ok) return sendText(response, 400, formatProblem(filter.problem));
    const over = new AbortController();
    response.once('close', () => over.abort());
    const ended = AbortSignal.any([over.signal, signal]);
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.flushHeaders();
    let unsent = 0;
    const watching = live.watch({
      ...filter.value,
      onQuery: (seen) => {
        // A slow client loses lines instead of delaying the server.
        if (response.writableNeedDrain) unsent += 1;
        else writeLine(response, seenQuery(seen, clock.now()));
      },
    });
    try {
      while (!ended.aborted) {
        await clock.sleep(LEFT_OUT_INTERVAL_MS, ended);
        const leftOut = watching.takeLeftOut() + unsent;
        if (leftOut > 0 && !response.writableNeedDrain) {
          writeLine(response, { leftOut });
          unsent = 0;
        } else unsent = leftOut;
      }
    } catch {
      // The client disconnected, or the server closes.
    } finally {
      watching.stop();
      response.end();
    }
  };
}

function writeLine(response: ServerResponse, line: SeenQuery | LeftOut): void {
  response.write(`${JSON.stringify(line)}\n`);
}
