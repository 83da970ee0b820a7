import { TYPE } from './codes.ts';

/** Types that programs ask for and dns2 has no name for [RFC 9460, RFC 3403, RFC 4034, RFC 6698, RFC 8482]. */
const FURTHER = { NAPTR: 35, DNAME: 39, DS: 43, SSHFP: 44, NSEC: 47, NSEC3: 50, TLSA: 52, SVCB: 64, HTTPS: 65 };

const NUMBERS = new Map<string, number>(
  Object.entries({ ...TYPE, ...FURTHER }).map(([name, type]) => [name === 'EDNS' ? 'OPT' : name, type]),
);
const NAMES = new Map([...NUMBERS].map(([name, type]) => [type, name]));

/** `AAAA`; `TYPE65280` where there is no name [RFC 3597 §5]. */
export function typeName(type: number): string {
  return NAMES.get(type) ?? `TYPE${type}`;
}

/** Reads a type's name in any case, or `TYPE65280`; null when it is neither. */
export function parseTypeName(text: string): number | null {
  const name = text.toUpperCase();
  const known = NUMBERS.get(name);
  if (known !== undefined) return known;
  const number = /^TYPE(\d{1,5})$/.exec(name)?.[1];
  return number !== undefined && Number(number) <= 0xffff ? Number(number) : null;
}
