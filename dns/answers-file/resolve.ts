import { isIP } from 'node:net';
import type { Question } from '../query/question.ts';
import type { Alias, Resolution } from '../query/resolution.ts';
import { TYPE } from '../wire/codes.ts';
import { authorityOver, type Section } from './answers.ts';
import { dotsIn, locate, type Match, type Matching, match } from './match.ts';

/** Longer alias chains fail. */
const MAX_ALIASES = 9;

/** The answer for an asker with this section (null: without a section). */
export function resolveAnswer(matching: Matching, own: Section | null, question: Question): Resolution {
  const name = question.name === '' ? '.' : `${question.name.toLowerCase()}.`;
  return follow({ matching, own, type: question.type }, name, []);
}

interface Asking {
  readonly matching: Matching;
  readonly own: Section | null;
  readonly type: number;
}

function follow(asking: Asking, name: string, aliases: readonly Alias[]): Resolution {
  const { matching, own, type } = asking;
  const direct = isAddressType(type) ? null : ofOtherType(asking, name, aliases);
  if (direct) return direct;
  const alias = match(matching, own, (section) => section.cname, name);
  if (alias) return followAlias(asking, name, alias, aliases);
  return (isAddressType(type) ? ofAddresses(asking, name, aliases) : null) ?? missing(asking, name, aliases);
}

function ofOtherType({ matching, own, type }: Asking, name: string, aliases: readonly Alias[]): Resolution | null {
  if (type === TYPE.TXT) {
    const texts = match(matching, own, (section) => section.txt, name);
    return texts && { kind: 'texts', aliases, texts: texts.value, ttlSeconds: texts.ttlSeconds };
  }
  if (type === TYPE.PTR && aliases.length === 0) {
    const pointer = match(matching, own, (section) => section.ptr, name);
    return pointer && { kind: 'pointer', target: pointer.value, ttlSeconds: pointer.ttlSeconds };
  }
  return null;
}

/** If the target of an alias has no records, the name's own addresses are used. */
function followAlias(asking: Asking, name: string, found: Match<string>, before: readonly Alias[]): Resolution {
  const ttlSeconds = found.ttlSeconds ?? asking.matching.ttlSeconds;
  const alias: Alias = { owner: name.slice(0, -1), target: found.value, ttlSeconds };
  if (asking.type === TYPE.CNAME) return { kind: 'alias', alias, ttlSeconds };
  const target = found.value.toLowerCase();
  const tooLong = target === name || before.length >= MAX_ALIASES;
  const end: Resolution = tooLong ? { kind: 'failure' } : follow(asking, target, [...before, alias]);
  const own = ownAddresses(asking, name);
  if (end.kind === 'addresses' || own === null || fitting(asking, own).length === 0) return end;
  if (end.kind === 'upstream-alias') {
    return { ...end, otherwise: end.otherwise.length > 0 ? end.otherwise : fitting(asking, own) };
  }
  return addressesAt(asking, own, before);
}

function ownAddresses({ matching, own }: Asking, name: string): Match<string> | null {
  return match(matching, own, (section) => section.a, name);
}

function ofAddresses(asking: Asking, name: string, aliases: readonly Alias[]): Resolution | null {
  const found = ownAddresses(asking, name);
  if (!found) return null;
  if (fitting(asking, found).length > 0) return addressesAt(asking, found, aliases);
  return { kind: 'nodata', aliases, zone: zoneOf(asking, name) };
}

function addressesAt(asking: Asking, found: Match<string>, aliases: readonly Alias[]): Resolution {
  return {
    kind: 'addresses',
    aliases,
    addresses: fitting(asking, found),
    turn: found.at,
    give: 'all',
    weights: null,
    ttlSeconds: found.ttlSeconds,
  };
}

function fitting({ type }: Asking, { value }: Match<string>): readonly string[] {
  const family = type === TYPE.A ? 4 : 6;
  return [...new Set(value.split(' ').filter((address) => isIP(address) === family))];
}

/** A negative answer if the file is authoritative; otherwise the name is forwarded. */
function missing(asking: Asking, name: string, aliases: readonly Alias[]): Resolution {
  const { matching, own, type } = asking;
  const { answers } = matching;
  const authority = authorityOver(answers, name);
  const zone = zoneOf(asking, name);
  if (name === authority) return type === TYPE.SOA ? { kind: 'soa', zone } : { kind: 'nodata', aliases, zone };
  const at = locate(matching, own, name);
  const isOurs = authority !== null || isSingleLabel(name) || (at !== null && authorityOver(answers, at) !== null);
  if (!isOurs) return outside(asking, name, aliases);
  const exists = at !== null || answers.between.has(name);
  return { kind: exists ? 'nodata' : 'nxdomain', aliases, zone };
}

function outside(_: Asking, name: string, aliases: readonly Alias[]): Resolution {
  if (aliases.length === 0) return { kind: 'forward' };
  return { kind: 'upstream-alias', aliases, target: name, otherwise: [], ttlSeconds: null };
}

function zoneOf({ matching }: Asking, name: string): string {
  return authorityOver(matching.answers, name) ?? '.';
}

function isSingleLabel(name: string): boolean {
  return name !== '.' && dotsIn(name) === 0;
}

function isAddressType(type: number): boolean {
  return type === TYPE.A || type === TYPE.AAAA;
}
