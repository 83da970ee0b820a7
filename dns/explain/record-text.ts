import { TYPE } from '../wire/codes.ts';
import { typeName } from '../wire/type-names.ts';
import type { DnsRecord } from '../wire/write/record.ts';
import type { ExplainedRecord } from './explanation.ts';

/** A record in zone-file notation. */
export function explainRecord(record: DnsRecord): ExplainedRecord {
  const { name, type, ttl } = record;
  return { name: name.replace(/\.$/, ''), type: typeName(type), ttlSeconds: ttl, value: dataOf(record) };
}

function dataOf(record: DnsRecord): string {
  switch (record.type) {
    case TYPE.SRV:
      return [record.priority, record.weight, record.port, record.target].join(' ');
    case TYPE.TXT:
      return JSON.stringify(textOf(record.data));
    case TYPE.SOA:
      return [record.primary, record.admin, record.serial, record.minimum].join(' ');
    case TYPE.HINFO:
      return 'RFC8482';
    default:
      return record.address ?? record.domain ?? record.ns ?? '';
  }
}

function textOf(data: DnsRecord['data']): string {
  return Array.isArray(data) ? Buffer.concat(data.map((part) => Buffer.from(part))).toString() : String(data ?? '');
}
