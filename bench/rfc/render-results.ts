import { TARGETS } from '../../test/rfc/servers/index.ts';
import type { Verdict } from '../../test/rfc/suite.ts';

export interface Outcome {
  readonly verdict: Verdict;
  readonly passed: boolean;
}

/** Renders the page of results: a table per RFC, and each reason once. */
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

const HEAD = `# RFC conformance

Results of Drover, unbound and BIND for each rule of the DNS RFCs, test by test.

\`npm run bench -- rfc\` writes this page (about a minute); \`npm test\` runs the same tests. They test each server over the wire, with their
own encoder and decoder (\`test/rfc/wire/\`). All servers have the same names and the same scripted upstream. BIND and unbound run the tests
to validate them: if both fail, the test is wrong.

- **ok**: the server follows the rule.
- **differs**: the server deliberately deviates, for the numbered reason. The test runs and must fail.
- **–**: the rule does not apply, for the numbered reason.
- *own*: names that the server answers itself. *other*: names that it forwards.`;

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
