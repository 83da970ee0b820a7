import { type CustomLine, type CustomSection, readSections } from '../table/own-sections.ts';
import type { RuleProblem } from '../table/rule-problem.ts';
import type { CustomConfig } from '../table/table.ts';
import { addressesOfBind, type BoundAddress, type LinePlace, type Refusal, refusalOf } from './refusals.ts';
import { parameterFault } from './server-parameters.ts';
import { wordsOf } from './words.ts';

/** What Drover writes, as far as own text can refer to it. */
export interface CustomContext {
  /** Every listener of the table: port, as text -> balancers that share it. */
  readonly listeners: ReadonlyMap<string, readonly string[]>;
  /** Every backend of the table: name -> its balancer. */
  readonly backends: ReadonlyMap<string, string>;
  /** Ports of the own text of other balancers. */
  readonly takenPorts: readonly number[];
}

/** Own text of a balancer, by where its lines are written. */
export interface CustomText {
  readonly balancer: string;
  readonly global: readonly string[];
  readonly defaults: readonly string[];
  /** By port. */
  readonly frontends: ReadonlyMap<string, readonly string[]>;
  /** By name; '' is for all backends of the balancer. */
  readonly backends: ReadonlyMap<string, readonly string[]>;
  /** Words of `server $IP`, which need no quotes; by name of the backend, '' is for all. */
  readonly serverParameters: ReadonlyMap<string, readonly string[]>;
  /** Backends without `option forwardfor`; '' is for all. HAProxy has no line that removes it. */
  readonly noForwardFor: ReadonlySet<string>;
  /** Sections that no rule makes. */
  readonly own: readonly OwnSection[];
  /** On which the text listens. */
  readonly bound: readonly BoundAddress[];
  readonly problems: readonly RuleProblem[];
}

export interface OwnSection {
  readonly title: string;
  /** Whether the section can inherit from a defaults section. */
  readonly isProxy: boolean;
  readonly lines: readonly string[];
}

export function readCustom({ balancer, text }: CustomConfig, context: CustomContext): CustomText {
  const problems: RuleProblem[] = [];
  const report = (number: number, { what, hint }: Refusal) =>
    problems.push({
      service: balancer,
      subject: `config of ${balancer}, line ${number}`,
      what: `left out: ${what}`,
      hint,
    });
  const ports = new Set([...[...context.listeners.keys()].map(Number), ...context.takenPorts]);
  const accepted = readSections(text).flatMap((section): readonly AcceptedSection[] => {
    const target = targetOf(section, balancer, context);
    if ('what' in target) {
      report(section.number, target);
      return [];
    }
    const place = { section: section.word, generated: target.generated, ports };
    const lines = section.lines.filter((line) => keep(line, place, report));
    return [{ ...target, lines }];
  });
  const linesOf = (to: Target['to']) => {
    const lines = accepted.filter((one) => one.to === to).map(({ name, lines }) => [name, lines] as const);
    return Map.groupBy(lines, ([name]) => name);
  };
  const texts = (to: Target['to']): ReadonlyMap<string, readonly string[]> =>
    new Map(
      [...linesOf(to)].map(([name, groups]) => [
        name,
        groups.flatMap(([, lines]) =>
          lines.filter((line) => !isForServers(line) && !NO_FORWARD_FOR.test(line.text)).map((line) => line.text),
        ),
      ]),
    );
  return {
    balancer,
    global: texts('global').get('') ?? [],
    defaults: texts('defaults').get('') ?? [],
    frontends: texts('frontend'),
    backends: texts('backend'),
    serverParameters: new Map(
      [...linesOf('backend')].map(([name, groups]) => [
        name,
        groups.flatMap(([, lines]) => lines.flatMap(parametersOf)),
      ]),
    ),
    noForwardFor: new Set(
      accepted.flatMap(({ name, lines }) => (lines.some((line) => NO_FORWARD_FOR.test(line.text)) ? [name] : [])),
    ),
    own: [
      ...Map.groupBy(
        accepted.filter(({ to }) => to === 'own'),
        ({ name }) => name,
      ),
    ].map(([title, parts]) => ({
      title,
      isProxy: parts.some(({ isProxy }) => isProxy),
      lines: parts.flatMap(({ lines }) => lines.map((line) => line.text)),
    })),
    bound: accepted.flatMap(({ lines }) => lines.flatMap((line) => addressesOfBind(line.text))),
    problems,
  };
}

interface Target {
  readonly to: 'global' | 'defaults' | 'frontend' | 'backend' | 'own';
  readonly name: string;
  readonly generated: LinePlace['generated'];
  readonly isProxy: boolean;
}

interface AcceptedSection extends Target {
  readonly lines: readonly CustomLine[];
}

/** Where the lines of a section are written, or why they are not. */
function targetOf({ word, rest }: CustomSection, balancer: string, context: CustomContext): Target | Refusal {
  const into = (to: Target['to'], name: string): Target => ({
    to,
    name,
    generated: to === 'frontend' || to === 'backend' ? to : null,
    isProxy: false,
  });
  const own = (isProxy: boolean): Target | Refusal =>
    /^[A-Za-z0-9_.:-]+$/.test(rest)
      ? { ...into('own', `${word} ${rest}`), isProxy }
      : { what: `the section "${word} ${rest}" needs one name`, hint: 'use letters, digits, _, -, . and : only' };
  switch (word) {
    case '':
      return {
        what: 'it is before any section',
        hint: 'write a section such as "defaults" or "backend NAME" above it',
      };
    case 'global':
    case 'defaults':
      return into(word, '');
    case 'frontend': {
      const balancers = context.listeners.get(rest);
      if (balancers === undefined) return own(true);
      if (balancers.some((one) => one !== balancer)) {
        return {
          what: `other services share port ${rest}`,
          hint: 'use a port that only this load balancer listens on',
        };
      }
      return into('frontend', rest);
    }
    case 'backend': {
      const owner = rest === '' ? balancer : context.backends.get(rest);
      if (owner === undefined) return own(true);
      if (owner === balancer) return into('backend', rest);
      return { what: `the backend ${rest} belongs to ${owner}`, hint: 'use another name' };
    }
    case 'listen':
      return own(true);
    case 'userlist':
    case 'peers':
    case 'mailers':
      return own(false);
    default:
      return { what: `a section "${word}" is not accepted`, hint: 'remove the section' };
  }
}

function keep(line: CustomLine, place: LinePlace, report: (number: number, refusal: Refusal) => void): boolean {
  // Whether clients send the PROXY protocol is an option of the listener, which the table has read from this line.
  if (place.generated === 'frontend' && line.text === 'accept-proxy') return false;
  const refusal =
    place.generated === 'backend' && isForServers(line) ? parameterFault(paramWords(line)) : refusalOf(line, place);
  if (refusal === null) return true;
  report(line.number, refusal);
  return false;
}

const NO_FORWARD_FOR = /^no\s+option\s+forwardfor(\s|$)/;

function isForServers({ text }: CustomLine): boolean {
  return /^server\s+\$IP(\s|$)/.test(text);
}

/** The words after `server $IP`. */
function paramWords({ text }: CustomLine): readonly string[] {
  return wordsOf(text)?.slice(2) ?? [text];
}

function parametersOf(line: CustomLine): readonly string[] {
  return isForServers(line) ? paramWords(line) : [];
}
