import { isJsonObject, type JsonValue } from './json/json.ts';
import type { LabelFault } from './problem/label-fault.ts';

/** How DNS answers for a service; null where nothing is configured. */
export interface AnswerOptions {
  /** All ready endpoints in an answer, one at a time in strict turns, or all started ones, ready or not. */
  readonly answers: 'all' | 'one' | 'started' | null;
  readonly ttlSeconds: number | null;
  /** `local`: only endpoints on the asker's host, if there is one. */
  readonly prefer: 'local' | 'none' | null;
  /** How often an endpoint is chosen, relative to others; 0: only if there is no other. */
  readonly weight: number | null;
}

/** A port with a name of its own (`drover.port.http=8080`, `drover.port.dns=53/udp`). */
export interface NamedPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

export const MAX_TTL_SECONDS = 86_400;
/** The limit of HAProxy. */
export const MAX_WEIGHT = 256;
/** Prefix of the labels that name ports. */
export const PORT_LABEL = 'drover.port.';

type Labels = Readonly<Record<string, string>>;

const ANSWERS = ['all', 'one', 'started'] as const;

const READERS = {
  'drover.answers': (text: string) => oneOf(text, ANSWERS),
  'drover.dns.ttl': (text: string) => whole(text, MAX_TTL_SECONDS),
  'drover.dns.prefer': (text: string) => oneOf(text, ['local', 'none'] as const),
  'drover.weight': (text: string) => whole(text, MAX_WEIGHT),
} as const;

const EXPECTED: Readonly<Record<keyof typeof READERS, string>> = {
  'drover.answers': '`all`, `one` or `started`',
  'drover.dns.ttl': `a number of seconds from 0 to ${MAX_TTL_SECONDS}`,
  'drover.dns.prefer': '`local` or `none`',
  'drover.weight': `a whole number from 0 to ${MAX_WEIGHT}`,
};

/** The options in the labels of a container or a service. Invalid labels count as absent. */
export function answerOptionsOfLabels(labels: Labels): AnswerOptions {
  return {
    answers: read(labels, 'drover.answers'),
    ttlSeconds: read(labels, 'drover.dns.ttl'),
    prefer: read(labels, 'drover.dns.prefer'),
    weight: weightOfLabels(labels),
  };
}

/** Only the weight, because it is read for every endpoint. */
export function weightOfLabels(labels: Labels): number | null {
  return labels['drover.weight'] === undefined ? null : read(labels, 'drover.weight');
}

/** The same from a declaration's options (`answers: one`, `weight: 3`, `dns: {ttl: 5, prefer: local}`). */
export function answerOptionsOf(options: { readonly [key: string]: JsonValue }): AnswerOptions {
  const dns = isJsonObject(options.dns) ? options.dns : {};
  return {
    answers: ANSWERS.find((answers) => answers === options.answers) ?? null,
    ttlSeconds: wholeOf(dns.ttl, MAX_TTL_SECONDS),
    prefer: dns.prefer === 'local' || dns.prefer === 'none' ? dns.prefer : null,
    weight: wholeOf(options.weight, MAX_WEIGHT),
  };
}

/** TXT records of a declaration (`dns: {txt: [...]}`). */
export function textsOf(options: { readonly [key: string]: JsonValue }): readonly string[] {
  const txt = isJsonObject(options.dns) ? options.dns.txt : null;
  return Array.isArray(txt) ? txt.filter((text): text is string => typeof text === 'string') : [];
}

/** Ports that are named by labels. */
export function namedPorts(labels: Labels): readonly NamedPort[] {
  return Object.entries(labels).flatMap(([label, text]) => {
    if (!label.startsWith(PORT_LABEL)) return [];
    const name = label.slice(PORT_LABEL.length).toLowerCase();
    const port = parsePort(text);
    return port && PORT_NAME.test(name) ? [{ name, ...port }] : [];
  });
}

/** Parses `80` or `53/udp`. Null: not a port. */
export function parsePort(text: string): Omit<NamedPort, 'name'> | null {
  const parts = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/i.exec(text.trim());
  const port = Number(parts?.[1] ?? 0);
  if (!parts || port < 1 || port > 65_535) return null;
  return { port, protocol: (parts[2]?.toLowerCase() ?? 'tcp') as NamedPort['protocol'] };
}

/** The labels above whose values are invalid. */
export function answerLabelFaults(labels: Labels): readonly LabelFault[] {
  const options = Object.keys(READERS).flatMap((key): LabelFault[] => {
    const label = key as keyof typeof READERS;
    if (labels[label] === undefined || read(labels, label) !== null) return [];
    return [{ label, what: `is ${quote(labels[label])}, not ${EXPECTED[label]}` }];
  });
  const ports = Object.entries(labels).flatMap(([label, text]): LabelFault[] => {
    if (!label.startsWith(PORT_LABEL)) return [];
    if (!PORT_NAME.test(label.slice(PORT_LABEL.length).toLowerCase())) {
      return [{ label, what: 'does not end in a name of 1 to 62 letters, digits or `-` with a letter among them' }];
    }
    return parsePort(text) ? [] : [{ label, what: `is ${quote(text)}, not a port such as \`8080\` or \`53/udp\`` }];
  });
  return [...options, ...ports];
}

/** A DNS label after its underscore; not a mere number, which would be a port number [RFC 6335 §5.1]. */
const PORT_NAME = /^(?=[a-z0-9-]*[a-z])[a-z0-9-]{1,62}$/;

function read<K extends keyof typeof READERS>(labels: Labels, label: K): ReturnType<(typeof READERS)[K]> {
  const text = labels[label];
  return (text === undefined ? null : READERS[label](text)) as ReturnType<(typeof READERS)[K]>;
}

function oneOf<const T extends string>(text: string, values: readonly T[]): T | null {
  return values.find((value) => value === text.toLowerCase()) ?? null;
}

function whole(text: string, maximum: number): number | null {
  return /^\d{1,6}$/.test(text) ? wholeOf(Number(text), maximum) : null;
}

function wholeOf(value: JsonValue | undefined, maximum: number): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maximum ? value : null;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
