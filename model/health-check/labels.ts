import type { LabelFault } from '../problem/label-fault.ts';
import type { HealthCheck } from './health.ts';
import { readHealthCheck } from './read-check.ts';

type Labels = Readonly<Record<string, string>>;

/** Prefix of the labels that declare a health check. The rest is a key of `health_check` in a manifest. */
const HEALTH_LABEL = 'drover.health.';

const nameOf = (key: string): string => HEALTH_LABEL + key;

/** The check that labels declare; null: none, or one of the labels is not valid. */
export function healthCheckOfLabels(labels: Labels): HealthCheck | null {
  const isDeclared = labels[nameOf('port')] !== undefined || labels[nameOf('exec')] !== undefined;
  return isDeclared ? readLabels(labels).check : null;
}

/** Why the labels declare no check. Empty also if there are none. */
export function healthLabelFaults(labels: Labels): readonly LabelFault[] {
  return readLabels(labels).faults;
}

function readLabels(labels: Labels): { readonly check: HealthCheck | null; readonly faults: readonly LabelFault[] } {
  const found = Object.keys(labels).filter(
    (label) => label.slice(0, HEALTH_LABEL.length).toLowerCase() === HEALTH_LABEL,
  );
  if (found.length === 0) return { check: null, faults: [] };
  const given = found.filter((label) => label.startsWith(HEALTH_LABEL));
  const keys = given.map((label) => [label.slice(HEALTH_LABEL.length), labels[label]] as const);
  const read = readHealthCheck(Object.fromEntries(keys), nameOf);
  const inOtherCase = found.filter((label) => !given.includes(label)).map(otherCase);
  if (inOtherCase.length > 0) return { check: null, faults: inOtherCase };
  return { check: read.check, faults: read.faults.map(({ key, what, hint }) => ({ label: nameOf(key), what, hint })) };
}

function otherCase(label: string): LabelFault {
  return { label, what: 'is not a label of Drover: case matters', hint: `write \`${label.toLowerCase()}\`` };
}
