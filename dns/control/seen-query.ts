import type { Seen } from '../metrics/live-queries.ts';
import type { Resolution } from '../query/resolution.ts';
import { rcodeName } from '../wire/codes.ts';
import { typeName } from '../wire/type-names.ts';

/** A query as shown by `drover dns queries`; one line of the stream. */
export interface SeenQuery {
  /** ISO 8601. */
  readonly time: string;
  /** The container's name, or the kind of asker. */
  readonly asker: string;
  readonly from: string;
  readonly transport: 'udp' | 'tcp';
  /** As sent, without the trailing dot; null if it could not be read. */
  readonly name: string | null;
  readonly type: string | null;
  /** A short description of the resolution. */
  readonly matched: string;
  readonly rcode: string;
  readonly path: string;
  readonly latencyMs: number;
  /** Records in the answer section. */
  readonly answers: number;
}

/** The other kind of line: number of queries not shown since the last one, because of the rate limit. */
export interface LeftOut {
  readonly leftOut: number;
}

export function seenQuery({ client, details, reply, rcode, micros }: Seen, nowMs: number): SeenQuery {
  const { query, asker, resolution, path } = details;
  return {
    time: new Date(nowMs).toISOString(),
    asker: asker?.label ?? '',
    from: client.address,
    transport: client.transport,
    name: query?.name ?? null,
    type: query ? typeName(query.type) : null,
    matched: resolution ? describeResolution(resolution) : '',
    rcode: rcodeName(rcode),
    path,
    latencyMs: Math.round(micros) / 1_000,
    answers: reply.readUInt16BE(6),
  };
}

/** A short description of a resolution. */
export function describeResolution(resolution: Resolution): string {
  switch (resolution.kind) {
    case 'addresses':
    case 'services':
      return resolution.turn;
    case 'upstream-alias':
      return `alias of ${resolution.target}`;
    case 'alias':
      return `alias of ${resolution.alias.target}`;
    case 'pointer':
    case 'name-server':
      return resolution.target;
    case 'texts':
      return 'text';
    case 'soa':
    case 'nodata':
    case 'nxdomain':
      return `${resolution.kind} in ${resolution.zone}`;
    case 'forward':
      return 'upstream';
    case 'failure':
      return 'cannot be answered now';
  }
}
