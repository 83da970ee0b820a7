import type { LabelFault } from './answer-options.ts';
import { defaultHealthCheck, type HealthCheck } from './health.ts';

/** Prefix of the labels that declare a health check. The rest is a key of `health_check` in a manifest. */
const HEALTH_LABEL = 'drover.health.';

const MAX_MS = 86_400_000;
const MAX_COUNT = 1_000;
const STRATEGIES = ['none', 'recreate', 'recreateOnQuorum'] as const;

/** What one label changes in a check; null: the value is not valid. */
type Reader = (text: string) => Partial<HealthCheck> | null;

const READERS: Readonly<Record<string, { readonly read: Reader; readonly expected: string }>> = {
  port: number('port', 1, 65_535),
  request_line: {
    read: (text) => ({ requestLine: text === '' ? null : text }),
    expected: 'a request line such as `GET "/" "HTTP/1.0"`',
  },
  interval: number('intervalMs', 1, MAX_MS),
  response_timeout: number('responseTimeoutMs', 1, MAX_MS),
  healthy_threshold: number('healthyThreshold', 1, MAX_COUNT),
  unhealthy_threshold: number('unhealthyThreshold', 1, MAX_COUNT),
  initializing_timeout: number('initializingTimeoutMs', 0, MAX_MS),
  reinitializing_timeout: number('reinitializingTimeoutMs', 0, MAX_MS),
  strategy: {
    read: (text) => {
      const strategy = STRATEGIES.find((one) => one.toLowerCase() === text.toLowerCase());
      return strategy ? { strategy } : null;
    },
    expected: '`none`, `recreate` or `recreateOnQuorum`',
  },
  quorum: number('recreateOnQuorum', 1, MAX_COUNT),
};

/** The check that labels declare; null: none, or one of the labels is not valid. Without `strategy`, nothing is recreated. */
export function healthCheckOfLabels(labels: Readonly<Record<string, string>>): HealthCheck | null {
  if (labels[`${HEALTH_LABEL}port`] === undefined || healthLabelFaults(labels).length > 0) return null;
  const given = healthLabels(labels).map(([key, text]) => READERS[key]?.read(text));
  const check: HealthCheck = Object.assign({ ...defaultHealthCheck }, ...given);
  if (check.strategy !== 'recreateOnQuorum') return { ...check, recreateOnQuorum: null };
  return { ...check, recreateOnQuorum: check.recreateOnQuorum ?? 1 };
}

/** Why the labels declare no check. Empty also if there are none. */
export function healthLabelFaults(labels: Readonly<Record<string, string>>): readonly LabelFault[] {
  const given = healthLabels(labels);
  const faults = given.flatMap(([key, text]): LabelFault[] => {
    const label = HEALTH_LABEL + key;
    const reader = READERS[key];
    if (!reader) return [{ label, what: 'is not a label of a health check' }];
    return reader.read(text)
      ? []
      : [{ label, what: `is ${JSON.stringify(text.slice(0, 80))}, not ${reader.expected}` }];
  });
  const port = `${HEALTH_LABEL}port`;
  const quorum = `${HEALTH_LABEL}quorum`;
  if (given.length > 0 && labels[port] === undefined)
    faults.push({ label: port, what: 'is missing; the check needs it' });
  if (labels[quorum] !== undefined && labels[`${HEALTH_LABEL}strategy`]?.toLowerCase() !== 'recreateonquorum') {
    faults.push({ label: quorum, what: `needs \`${HEALTH_LABEL}strategy: recreateOnQuorum\`` });
  }
  return faults;
}

function healthLabels(labels: Readonly<Record<string, string>>): readonly (readonly [key: string, text: string])[] {
  return Object.entries(labels).flatMap(([label, text]) =>
    label.startsWith(HEALTH_LABEL) ? [[label.slice(HEALTH_LABEL.length), text.trim()] as const] : [],
  );
}

function number(field: keyof HealthCheck, least: number, most: number): (typeof READERS)[string] {
  const isIn = (value: number): boolean => value >= least && value <= most;
  return {
    read: (text) => (/^\d{1,8}$/.test(text) && isIn(Number(text)) ? { [field]: Number(text) } : null),
    expected: `a whole number from ${least} to ${most}`,
  };
}
