import { isIP } from 'node:net';
import type { Question } from '../query/question.ts';
import type { Alias, Resolution } from '../query/resolution.ts';
import { isAboutTopLevel } from '../query/single-label.ts';
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

interface ResolveContext {
  readonly matching: Matching;
  readonly own: Section | null;
  readonly type: number;
}

function follow(context: ResolveContext, name: string, aliases: readonly Alias[]): Resolution {
  const { matching, own, type } = context;
  const direct = isAddressType(type) ? null : ofOtherType(context, name, aliases);
  if (direct) return direct;
  const alias = match(matching, own, (section) => section.cname, name);
  if (alias) return followAlias(context, name, alias, aliases);
  return (isAddressType(type) ? ofAddresses(context, name, aliases) : null) ?? missing(context, name, aliases);
}

function ofOtherType(
  { matching, own, type }: ResolveContext,
  name: string,
  aliases: readonly Alias[],
): Resolution | null {
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
function followAlias(
  context: ResolveContext,
  name: string,
  found: Match<string>,
  before: readonly Alias[],
): Resolution {
  const ttlSeconds = found.ttlSeconds ?? context.matching.ttlSeconds;
  const alias: Alias = { owner: name.slice(0, -1), target: found.value, ttlSeconds };
  if (context.type === TYPE.CNAME) return { kind: 'alias', alias, ttlSeconds };
  const target = found.value.toLowerCase();
  const tooLong = target === name || before.length >= MAX_ALIASES;
  const end: Resolution = tooLong ? { kind: 'failure' } : follow(context, target, [...before, alias]);
  const own = ownAddresses(context, name);
  if (end.kind === 'addresses' || own === null || fitting(context, own).length === 0) return end;
  if (end.kind === 'upstream-alias') {
    return { ...end, otherwise: end.otherwise.length > 0 ? end.otherwise : fitting(context, own) };
  }
  return addressesAt(context, own, before);
}

function ownAddresses({ matching, own }: ResolveContext, name: string): Match<string> | null {
  return match(matching, own, (section) => section.a, name);
}

function ofAddresses(context: ResolveContext, name: string, aliases: readonly Alias[]): Resolution | null {
  const found = ownAddresses(context, name);
  if (!found) return null;
  if (fitting(context, found).length > 0) return addressesAt(context, found, aliases);
  return { kind: 'nodata', aliases, zone: zoneOf(context, name) };
}

function addressesAt(context: ResolveContext, found: Match<string>, aliases: readonly Alias[]): Resolution {
  return {
    kind: 'addresses',
    aliases,
    addresses: fitting(context, found),
    turn: found.at,
    give: 'all',
    weights: null,
    ttlSeconds: found.ttlSeconds,
  };
}

function fitting({ type }: ResolveContext, { value }: Match<string>): readonly string[] {
  const family = type === TYPE.A ? 4 : 6;
  return [...new Set(value.split(' ').filter((address) => isIP(address) === family))];
}

/** A negative answer if the name is the file's; otherwise it is forwarded. */
function missing(context: ResolveContext, name: string, aliases: readonly Alias[]): Resolution {
  const { matching, own, type } = context;
  const { answers } = matching;
  const zone = zoneOf(context, name);
  if (name === authorityOver(answers, name)) {
    return type === TYPE.SOA ? { kind: 'soa', zone } : { kind: 'nodata', aliases, zone };
  }
  const at = locate(matching, own, name);
  if (!isOurs(context, name, at)) return outside(context, name, aliases);
  const exists =
    at !== null || answers.between.has(name) || answers.authoritative.some((of) => of.endsWith(`.${name}`));
  return { kind: exists ? 'nodata' : 'nxdomain', aliases, zone };
}

/** Whether an upstream must not be asked for a name without records of this type; `at` is where it has others. */
function isOurs({ matching, own, type }: ResolveContext, name: string, at: string | null): boolean {
  const { answers } = matching;
  if (authorityOver(answers, name) !== null) return true;
  if (isAboutTopLevel(name.slice(0, -1), type)) return false;
  if (at !== null && authorityOver(answers, at) !== null) return true;
  if (isSingleLabel(name)) return name !== 'localhost.';
  // The file describes this address: an upstream would say that the name does not exist.
  return match(matching, own, (section) => section.ptr, name) !== null;
}

function outside(_: ResolveContext, name: string, aliases: readonly Alias[]): Resolution {
  if (aliases.length === 0) return { kind: 'forward' };
  return { kind: 'upstream-alias', aliases, target: name, otherwise: [], ttlSeconds: null };
}

function zoneOf({ matching }: ResolveContext, name: string): string {
  return authorityOver(matching.answers, name) ?? '.';
}

function isSingleLabel(name: string): boolean {
  return name !== '.' && dotsIn(name) === 0;
}

function isAddressType(type: number): boolean {
  return type === TYPE.A || type === TYPE.AAAA;
}
