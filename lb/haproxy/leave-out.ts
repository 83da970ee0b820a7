import type { LineOwner } from '../render/index.ts';
import type { RuleProblem } from '../table/rule-problem.ts';
import type { LbTable } from '../table/table.ts';

/** A part of the table that HAProxy does not take. */
export type LeftOut =
  | { readonly kind: 'custom' | 'balancer'; readonly balancer: string }
  | { readonly kind: 'rule'; readonly balancer: string; readonly rule: string }
  | { readonly kind: 'backend'; readonly balancer: string; readonly backend: string }
  | { readonly kind: 'listener'; readonly port: number; readonly balancers: readonly string[] };

/** The table without these parts, and without backends that no rule needs any more. */
export function withoutParts(table: LbTable, parts: readonly LeftOut[]): LbTable {
  if (parts.length === 0) return table;
  const has = (test: (part: LeftOut) => boolean): boolean => parts.some(test);
  const isGone = (name: string): boolean => has((part) => part.kind === 'balancer' && part.balancer === name);
  const listeners = table.listeners
    .filter(({ port }) => !has((part) => part.kind === 'listener' && part.port === port))
    .filter(({ balancers }) => !balancers.every(isGone))
    .map((listener) => ({
      ...listener,
      balancers: listener.balancers.filter((name) => !isGone(name)),
      rules: listener.rules.filter(
        ({ name, balancer, backend }) =>
          !isGone(balancer) &&
          !has((part) => part.kind === 'rule' && part.rule === name) &&
          !has((part) => part.kind === 'backend' && part.backend === backend),
      ),
    }));
  const needed = new Set(listeners.flatMap(({ rules }) => rules.map(({ backend }) => backend)));
  return {
    ...table,
    listeners,
    backends: table.backends.filter(({ name }) => needed.has(name)),
    customConfigs: table.customConfigs.filter(
      ({ balancer }) => !isGone(balancer) && !has((part) => part.kind === 'custom' && part.balancer === balancer),
    ),
  };
}

/** What to leave out for a line that HAProxy refuses: own text first, because it can make other lines wrong. Null: nothing is known. */
export function partOf(owner: LineOwner, { customConfigs }: LbTable): LeftOut | null {
  if (owner.kind === 'drover') return null;
  const balancers = owner.kind === 'listener' ? owner.balancers : [owner.balancer];
  const custom = customConfigs.find(({ balancer }) => balancers.includes(balancer));
  if (custom) return { kind: 'custom', balancer: custom.balancer };
  return owner.kind === 'custom' ? { kind: 'balancer', balancer: owner.balancer } : owner;
}

/** What HAProxy does not do. `line`: the own text that it names, if any. */
export function refusalText(message: string, line: string | null): string {
  return `refuses ${line === null ? 'it' : `the line ${JSON.stringify(shortened(line, 100))}`}: ${shortened(message, 300)}`;
}

/** HAProxy lists all words that it knows, and the wrong one last. */
function shortened(text: string, length: number): string {
  const half = Math.floor(length / 2) - 1;
  return text.length <= length ? text : `${text.slice(0, half)}…${text.slice(-half)}`;
}

/** `refusal`: the rest of a sentence about HAProxy. */
export function refusedProblem(part: LeftOut, refusal: string): RuleProblem {
  const what = `${LEFT_OUT[part.kind]}, because HAProxy ${refusal}`;
  return { service: serviceOf(part), subject: subjectOf(part), what, hint: HINTS[part.kind] };
}

const LEFT_OUT: Readonly<Record<LeftOut['kind'], string>> = {
  custom: 'its own HAProxy text is left out',
  balancer: 'the load balancer is left out',
  rule: 'the rule is left out',
  backend: 'the rules with this backend are left out',
  listener: 'the port is left out',
};

const HINTS: Readonly<Record<LeftOut['kind'], string>> = {
  custom: 'correct `lb_config.config`',
  balancer: 'correct its rules',
  rule: 'correct the rule',
  backend: 'correct the rules of this backend',
  listener: 'correct the rules of this port',
};

export function takenProblem(part: LeftOut & { readonly kind: 'listener' }, reason: string): RuleProblem {
  const isDenied = reason === 'EACCES';
  return {
    service: serviceOf(part),
    subject: subjectOf(part),
    what: isDenied
      ? 'the port is left out, because the agent may not listen on it'
      : `the port is left out, because another program listens on it (${reason})`,
    hint: isDenied
      ? 'run the agent as root, or with the capability NET_BIND_SERVICE'
      : `stop that program (\`ss -ltnp sport = :${part.port}\` names it) or choose another port; Drover tries again every 2 s`,
  };
}

const serviceOf = (part: LeftOut): string => (part.kind === 'listener' ? (part.balancers[0] ?? '') : part.balancer);

function subjectOf(part: LeftOut): string {
  if (part.kind === 'rule') return part.rule;
  if (part.kind === 'listener') return `${part.balancers.join(', ')} port ${part.port}`;
  return part.kind === 'backend' ? `backend ${part.backend}` : part.balancer;
}
