import type { Alias } from '../query/resolution.ts';
import { RCODE } from '../wire/codes.ts';
import type { Reply } from '../wire/write/encode.ts';
import { anythingRecord } from '../wire/write/record.ts';
import { type Asked, type OwnResolution, type Rendering, renderReply } from './render.ts';

/**
 * What ANY gets [RFC 8482 §4]: a name that is another name for something is that, whatever there is at the end
 * [RFC 1034 §3.6.2]; of one that has other records nobody is told which.
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
