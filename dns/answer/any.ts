import type { Alias } from '../query/resolution.ts';
import { RCODE } from '../wire/codes.ts';
import type { Reply } from '../wire/write/encode.ts';
import { anythingRecord } from '../wire/write/record.ts';
import { type Asked, type OwnResolution, type Rendering, renderReply } from './render.ts';

/**
 * The answer to ANY [RFC 8482 §4]: the CNAME record of an alias [RFC 1034 §3.6.2]; for other existing names a HINFO record
 * instead of the list of records.
 */
export function renderAny(query: Asked, resolution: OwnResolution, rendering: Rendering): Reply {
  if (resolution.kind !== 'nodata' && resolution.kind !== 'nxdomain') return renderReply(query, resolution, rendering);
  const [alias] = resolution.aliases;
  if (alias) return renderReply(query, onlyAlias(alias), rendering);
  if (resolution.kind === 'nxdomain') return renderReply(query, resolution, rendering);
  const answers = [anythingRecord(query.name, rendering.ttlSeconds)];
  return { rcode: RCODE.NOERROR, authoritative: true, answers, authorities: [] };
}

export function onlyAlias(alias: Alias): OwnResolution {
  return { kind: 'alias', alias, ttlSeconds: alias.ttlSeconds };
}
