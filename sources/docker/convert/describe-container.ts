import {
  answerLabelFaults,
  type Container,
  healthLabelFaults,
  isLbLabel,
  type LabelFault,
  type Problem,
  upstreamLabelFaults,
} from '../../../model/index.ts';
import { serviceOf } from './labels.ts';

/** The fields that follow from a container's id, name and labels alone. */
export type ContainerIdentity = Pick<
  Container,
  | 'id'
  | 'uuid'
  | 'name'
  | 'stack'
  | 'service'
  | 'primaryService'
  | 'serviceIndex'
  | 'labels'
  | 'preferredNetwork'
  | 'system'
>;

const LONGEST_LABEL = 4096;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The identity of a container, and problems of its labels. Pure. */
export function describeContainer(container: {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}): { readonly fields: ContainerIdentity; readonly problems: readonly Problem[] } {
  const { id } = container;
  const name = container.name.replace(/^\//, '');
  const subject = `container ${id.slice(0, 12)} ${name}`;
  const { identity, problem } = serviceOf(container.labels, name, subject);
  const { labels, tooLong } = shortLabels(container.labels);
  const ownUuid = labels['io.rancher.container.uuid'];
  const problems = [
    ...(problem ? [problem] : []),
    ...(tooLong.length > 0 ? [tooLongProblem(subject, tooLong)] : []),
    ...(ownUuid !== undefined && !UUID.test(ownUuid) ? [uuidProblem(subject)] : []),
    ...[...answerLabelFaults(labels), ...upstreamLabelFaults(labels)].map((fault) =>
      faultProblem(subject, fault, 'it'),
    ),
    ...healthLabelFaults(labels).map((fault) => faultProblem(subject, fault, 'its health check')),
  ];
  return {
    fields: {
      id,
      uuid: ownUuid !== undefined && UUID.test(ownUuid) ? ownUuid.toLowerCase() : uuidOf(id),
      name,
      ...identity,
      labels,
      preferredNetwork: labels['drover.network'] || null,
      system: isTrue(labels['io.rancher.container.system']) || isTrue(labels['drover.system']),
    },
    problems,
  };
}

/** A UUID of version 8 [RFC 9562 §5.8] from the container id, the same on every host. */
export function uuidOf(id: string): string {
  const hex = id.padEnd(32, '0').slice(0, 32);
  const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) & 3] ?? '8';
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

// Labels are sent to every host with each change of their container, so labels that contain whole files are left out.
function shortLabels(labels: Readonly<Record<string, string>>) {
  const tooLong = Object.keys(labels).filter((key) => key.length + (labels[key]?.length ?? 0) > LONGEST_LABEL);
  if (tooLong.length === 0) return { labels, tooLong };
  // A rule without one of its labels would publish more than it should, such as a service without its passwords.
  const isOut = (key: string) => tooLong.includes(key) || (isLbLabel(key) && tooLong.some(isLbLabel));
  return { labels: Object.fromEntries(Object.entries(labels).filter(([key]) => !isOut(key))), tooLong };
}

function tooLongProblem(subject: string, keys: readonly string[]): Problem {
  const names = keys.map((key) => `\`${key.slice(0, 80)}\``).join(', ');
  return {
    subject,
    what: `${keys.length === 1 ? 'label' : 'labels'} ${names} longer than ${LONGEST_LABEL} characters: ignored${
      keys.some(isLbLabel) ? ', with all labels of the load balancer' : ''
    }`,
    hint: keys.some(isLbLabel)
      ? 'declare the rule in a manifest (`lb_config`), or make the label shorter, and recreate the container'
      : 'put long values into a file or an environment variable, and recreate the container',
  };
}

function uuidProblem(subject: string): Problem {
  return {
    subject,
    what: 'label `io.rancher.container.uuid` is not a UUID; a UUID made from the container id is used',
    hint: 'remove the label or set it to a UUID, and recreate the container',
  };
}

function faultProblem(subject: string, { label, what, hint }: LabelFault, ignored: string): Problem {
  return {
    subject,
    what: `label \`${label}\` ${what}; ${ignored} is ignored`,
    hint: `${hint ?? 'correct the label'}, and recreate the container`,
  };
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true';
}
