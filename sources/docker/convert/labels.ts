import type { Problem } from '../../../model/index.ts';

/** Stack and service of a container by its labels; all null: a standalone container. */
export interface ServiceIdentity {
  readonly stack: string | null;
  readonly service: string | null;
  readonly primaryService: string | null;
  readonly serviceIndex: number | null;
}

export type Labels = Readonly<Record<string, string>>;

/** One way to name stack and service by labels. */
export interface LabelRule {
  /** The program that writes these labels. */
  readonly source: string;
  /** The rule applies if one of these labels is present. */
  readonly when: readonly string[];
  /** In words for the documentation, with the labels in back quotes. */
  readonly stack: string;
  readonly service: string;
  readonly primaryService: string;
  readonly index: string;
  /** The identity in the labels; a string: why they are invalid; null: the labels say that it serves no service. */
  read(labels: Labels, containerName: string): ServiceIdentity | string | null;
}

const STACK_AND_SERVICE = /^([^/]*)\/([^/]*)(?:\/([^/]*))?$/;

/** All rules in order. The first one whose labels are present and valid decides. */
export const LABEL_RULES: readonly LabelRule[] = [
  {
    source: 'Drover',
    when: ['drover.service', 'drover.stack'],
    stack: '`drover.stack`, else that of the next rule that applies',
    service: '`drover.service`, else that of the next rule that applies',
    primaryService: '`drover.primary`, else the service',
    index: '`drover.index`, else that of the next rule that applies',
    read: (labels, containerName) => {
      const inherited = readRules(LABEL_RULES.slice(1), labels, containerName).identity;
      const stack = labels['drover.stack'] ?? inherited.stack;
      const service = labels['drover.service'] ?? inherited.service;
      if (stack === null) return '`drover.service` names a service but nothing names its stack; add `drover.stack`';
      if (service === null) return '`drover.stack` names a stack but nothing names its service; add `drover.service`';
      const renamed = labels['drover.service'] !== undefined;
      const index = labels['drover.index'];
      return {
        stack,
        service,
        primaryService: labels['drover.primary'] ?? (renamed ? service : inherited.primaryService),
        serviceIndex: index === undefined ? inherited.serviceIndex : parseIndex(index),
      };
    },
  },
  rancherRule('Rancher 1.2 and newer', 'io.rancher.stack_service.name'),
  rancherRule('Rancher 1.0 and 1.1', 'io.rancher.project_service.name'),
  {
    source: 'Docker Compose',
    when: ['com.docker.compose.service'],
    stack: '`com.docker.compose.project`',
    service: '`com.docker.compose.service`',
    primaryService: 'the service',
    index: '`com.docker.compose.container-number`',
    read: (labels) => {
      // A container of `docker compose run` has the labels of the service, but is not part of it.
      if (labels['com.docker.compose.oneoff']?.toLowerCase() === 'true') return null;
      const stack = labels['com.docker.compose.project'];
      const service = labels['com.docker.compose.service'] ?? '';
      if (stack === undefined) return 'the label `com.docker.compose.project` is missing';
      const serviceIndex = parseIndex(labels['com.docker.compose.container-number']);
      return { stack, service, primaryService: service, serviceIndex };
    },
  },
  {
    source: 'Docker Swarm',
    when: ['com.docker.swarm.service.name'],
    stack: '`com.docker.stack.namespace`, else `default`',
    service: '`com.docker.swarm.service.name` without the prefix `<stack>_`',
    primaryService: 'the service',
    index: 'the number in `com.docker.swarm.task.name`',
    read: (labels) => {
      const namespace = labels['com.docker.stack.namespace'];
      const full = labels['com.docker.swarm.service.name'] ?? '';
      const service =
        namespace !== undefined && full.startsWith(`${namespace}_`) ? full.slice(namespace.length + 1) : full;
      const task = /\.(\d+)\.[^.]*$/.exec(labels['com.docker.swarm.task.name'] ?? '');
      return { stack: namespace ?? 'default', service, primaryService: service, serviceIndex: parseIndex(task?.[1]) };
    },
  },
];

function rancherRule(source: string, label: string): LabelRule {
  return {
    source,
    when: [label],
    stack: `first part of \`${label}\` (\`stack/service\` or \`stack/service/sidekick\`)`,
    service: 'its last part',
    primaryService: 'its second part',
    index: 'the number at the end of `io.rancher.container.name`, else of the container name',
    read: (labels, containerName) => {
      const value = labels[label] ?? '';
      const parts = STACK_AND_SERVICE.exec(value);
      if (!parts) return `\`${label}\` is ${quote(value)}, not \`stack/service\` or \`stack/service/sidekick\``;
      const [, stack = '', primaryService = '', sidekick] = parts;
      const name = labels['io.rancher.container.name'] ?? containerName;
      // The container name is `r-stack-service-1-<8 hexadecimal digits>`.
      const serviceIndex = parseIndex(/-(\d+)(?:-[0-9a-f]{8})?$/.exec(name)?.[1]);
      return { stack, service: sidekick ?? primaryService, primaryService, serviceIndex };
    },
  };
}

const STANDALONE: ServiceIdentity = { stack: null, service: null, primaryService: null, serviceIndex: null };

/** Stack and service of a container, and at most one problem: the first fault of the labels that name them. */
export function serviceOf(
  labels: Labels,
  containerName: string,
  subject: string,
): { readonly identity: ServiceIdentity; readonly problem: Problem | null } {
  const { identity, wrong } = readRules(LABEL_RULES, labels, containerName);
  if (wrong === null) return { identity, problem: null };
  const next =
    identity.service === null ? 'it is listed without a service' : `it counts as ${identity.stack}/${identity.service}`;
  const hint = 'correct the label, and recreate the container';
  return { identity, problem: { subject, what: `${wrong}; until then ${next}`, hint } };
}

function readRules(
  rules: readonly LabelRule[],
  labels: Labels,
  containerName: string,
): { readonly identity: ServiceIdentity; readonly wrong: string | null } {
  let wrong: string | null = null;
  for (const rule of rules) {
    if (rule.when.every((label) => labels[label] === undefined)) continue;
    const read = rule.read(labels, containerName);
    if (read === null) return { identity: STANDALONE, wrong };
    const fault = typeof read === 'string' ? read : badName(rule, read);
    if (fault === null) return { identity: read as ServiceIdentity, wrong };
    wrong ??= fault;
  }
  return { identity: STANDALONE, wrong };
}

// The characters of a DNS label, with the underscore that Compose allows. A dot would be ambiguous: `a.b` in stack `c` would have the
// same name as service `a` in stack `b.c`. With more than 63 characters it is no DNS label [RFC 1035 §2.3.4]: then only the names
// without it exist, such as `web` within the stack.
const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,253}[A-Za-z0-9_])?$/;

function badName(rule: LabelRule, { stack, service, primaryService }: ServiceIdentity): string | null {
  const bad = [
    ['stack', stack],
    ['service', service],
    ['primary service', primaryService],
  ].find(([, name]) => !NAME.test(name ?? ''));
  if (!bad) return null;
  const [what, name] = bad;
  return `the ${what} name ${quote(name ?? '')} (labels of ${rule.source}, \`${rule.when[0]}\`) is not 1 to 255 letters, digits, \`-\` or \`_\``;
}

function parseIndex(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
