import { TYPE } from '../wire/codes.ts';
import type { DnsRecord } from '../wire/record.ts';
import type { ExplainedRecord } from './explanation.ts';

const NAMES = new Map(
  Object.entries(TYPE)
    .map(([name, code]) => [code as number, name] as const)
    .reverse(),
);

/** `A`, `AAAA`; `TYPE4711` for one nobody named [RFC 3597 §5]. */
export function typeName(code: number): string {
  return NAMES.get(code) ?? `TYPE${code}`;
}

/** Null: no type is called so. */
export function typeNamed(text: string): number | null {
  const name = text.toUpperCase();
  const known = (TYPE as Readonly<Record<string, number>>)[name];
  if (known !== undefined) return known;
  const code = Number(/^TYPE(\d{1,5})$/.exec(name)?.[1] ?? Number.NaN);
  return code >= 1 && code <= 65_535 ? code : null;
}

/** A record as people write it. */
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
