import type { CustomText } from '../custom/index.ts';
import type { RuleProblem } from '../table/rule-problem.ts';
import type { Section } from './section.ts';

/** The defaults section of what a balancer has: own lines of one balancer do not change the others. */
export function defaultsName(custom: CustomText | undefined): string {
  if (custom === undefined || custom.defaults.length === 0) return 'drover';
  return `drover:${custom.balancer.replaceAll(/[^A-Za-z0-9_.-]/g, ':')}`;
}

export interface OwnSections {
  readonly sections: readonly Section[];
  readonly problems: readonly RuleProblem[];
}

/** The sections that no rule makes. Names are those of the whole process: of two balancers with the same section, the first one keeps it. */
export function customSections(customs: readonly CustomText[]): OwnSections {
  const owners = new Map<string, string>();
  const problems: RuleProblem[] = [];
  const sections = customs.flatMap((custom) =>
    custom.own.flatMap(({ title, isProxy, lines }): readonly Section[] => {
      const { balancer } = custom;
      const owner = owners.get(title) ?? balancer;
      owners.set(title, owner);
      if (owner !== balancer) {
        const what = `the section "${title}" is left out, because ${owner} has one of that name`;
        problems.push({ service: balancer, subject: `config of ${balancer}`, what, hint: 'use another name' });
        return [];
      }
      const from = isProxy ? ` from ${defaultsName(custom)}` : '';
      const text = [`\n${title}${from}`, ...lines.map((line) => `  ${line}`), ''].join('\n');
      return [{ text, owner: { kind: 'custom', balancer }, lineOwners: new Map() }];
    }),
  );
  return { sections, problems };
}

export interface GlobalLines {
  readonly lines: readonly { readonly line: string; readonly balancer: string }[];
  readonly problems: readonly RuleProblem[];
}

/** There is one process: of two balancers that set the same thing in `global`, the first one decides. */
export function mergeGlobal(customs: readonly CustomText[]): GlobalLines {
  const taken = new Map<string, { readonly line: string; readonly balancer: string }>();
  const problems = customs.flatMap(({ balancer, global }) =>
    global.flatMap((line): readonly RuleProblem[] => {
      const [key = ''] = line.split(/\s/);
      const other = taken.get(key);
      if (other === undefined) taken.set(key, { line, balancer });
      if (other === undefined || other.line === line) return [];
      const what = `the global line "${line}" is left out, because ${other.balancer} has set ${key}`;
      return [{ service: balancer, subject: `config of ${balancer}`, what, hint: 'remove one of the two lines' }];
    }),
  );
  return { lines: [...taken.values()], problems };
}
