import { TARGETS } from '../../test/rfc/servers/index.ts';
import type { Verdict } from '../../test/rfc/suite.ts';

export interface Outcome {
  readonly verdict: Verdict;
  readonly passed: boolean;
}

/** The page of results: a table for each RFC, and every reason once. */
export function renderResults(outcomes: readonly Outcome[]): string {
  const rows = rowsOf(outcomes);
  const notes = new Map<string, number>();
  const noted = (mark: string, reason: string): string => {
    const number = notes.get(reason) ?? notes.size + 1;
    notes.set(reason, number);
    return `${mark} [${number}]`;
  };
  const tables = [...Map.groupBy(rows, ({ verdict }) => verdict.rfc.split(' ').slice(0, 2).join(' '))]
    .toSorted(([one], [other]) => numberOf(one) - numberOf(other))
    .map(([rfc, ofRfc]) => tableOf(rfc, ofRfc, noted));
  const reasons = [...notes].map(([reason, number]) => `${number}. ${reason}`);
  return `${[HEAD, summary(outcomes), ...tables, '## Reasons', reasons.join('\n')].join('\n\n')}\n`;
}

const HEAD = `# The RFCs, test by test

Written by \`npm run bench -- rfc\` (a minute); \`npm test\` runs the same tests. They speak to each server over the wire with a
reader and builder of messages of their own (\`test/rfc/wire/\`). All servers have the same names and the same scripted
upstream; BIND and unbound run the tests to prove the tests: where both would fail, the test is wrong.

**ok**: as the RFC has it. **differs**: rightly or knowingly something else, for the reason of that number; the test is run
and has to fail there. **–**: does not apply, for that reason. *own* is about names the server answers for itself, *other* about
names it asks upstream for.`;

interface Row {
  readonly verdict: Verdict;
  /** Server -> how it went. */
  readonly of: ReadonlyMap<string, Outcome>;
}

function rowsOf(outcomes: readonly Outcome[]): readonly Row[] {
  const keyOf = ({ verdict: { rfc, section, title } }: Outcome) => `${rfc} ${section} ${title}`;
  return [...Map.groupBy(outcomes, keyOf).values()].flatMap((same) => {
    const [first] = same;
    return first ? [{ verdict: first.verdict, of: new Map(same.map((one) => [one.verdict.target, one])) }] : [];
  });
}

function summary(outcomes: readonly Outcome[]): string {
  const lines = TARGETS.map(({ name, title }) => {
    const own = outcomes.filter(({ verdict }) => verdict.target === name);
    const failed = own.filter(({ passed }) => !passed).length;
    const differs = own.filter(({ verdict, passed }) => passed && verdict.differs !== null).length;
    return `| ${title} | ${own.length - failed - differs} | ${differs} | ${failed} |`;
  });
  return ['| | ok | differs | failed |', '|---|---|---|---|', ...lines].join('\n');
}

function tableOf(rfc: string, rows: readonly Row[], noted: (mark: string, reason: string) => string): string {
  const lines = rows.map(({ verdict, of }) => {
    const cells = TARGETS.map(({ name }) => {
      const outcome = of.get(name);
      if (!outcome) return noted('–', verdict.absent[name] ?? 'not run');
      if (!outcome.passed) return '**FAILED**';
      return outcome.verdict.differs === null ? 'ok' : noted('differs', outcome.verdict.differs);
    });
    return `| ${[verdict.section, verdict.title.replaceAll('|', '\\|'), ROLES[verdict.role], ...cells].join(' | ')} |`;
  });
  const titles = TARGETS.map(({ title }) => title);
  const head = `| section | rule | about | ${titles.join(' | ')} |\n|${'---|'.repeat(3 + titles.length)}`;
  return `## ${rfc}\n\n${head}\n${lines.join('\n')}`;
}

const ROLES: Readonly<Record<Verdict['role'], string>> = { authoritative: 'own', forwarder: 'other', both: 'both' };

function numberOf(rfc: string): number {
  return Number(rfc.replace(/\D/g, ''));
}
