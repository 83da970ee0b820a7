import { type InstalledHaproxy, withoutText } from '../../haproxy/index.ts';
import type { Problem } from '../../model/index.ts';
import type { LbTable } from '../table/table.ts';

/** What a table asks for and this HAProxy was built without. Pure. */
export function lackingProblems(
  { version, lacks }: InstalledHaproxy,
  { listeners, backends }: LbTable,
): readonly Problem[] {
  const without = (part: InstalledHaproxy['lacks'][number]): string => `HAProxy ${version} ${withoutText(part)}`;
  const compressed = lacks.includes('compression') ? backends.filter(({ options }) => options.gzip) : [];
  const rules = lacks.includes('regex') ? listeners.flatMap((listener) => listener.rules) : [];
  return [
    ...compressed.map(({ name }) => ({
      subject: `backend ${name}`,
      what: `does not compress its replies: ${without('compression')}`,
      hint: 'install a HAProxy that has one of them, or remove `gzip`',
    })),
    ...rules
      .filter(({ path }) => path?.kind === 'regex')
      .map(({ name }) => ({
        subject: `rule ${name}`,
        what: `can match other paths than its regular expression says: ${without('regex')}, and knows only POSIX expressions`,
        hint: 'install a HAProxy that has one of them, or use another `path_match`',
      })),
    ...(lacks.includes('threads') && listeners.length > 0
      ? [
          {
            subject: 'load balancer',
            what: `uses one processor core: ${without('threads')}`,
            hint: 'install a HAProxy that has it, such as the package haproxy of Debian',
          },
        ]
      : []),
  ];
}
