import { sealOf } from './seal.ts';

/** The resolver and search domains that a resolv.conf should contain. */
export interface ResolvConfContent {
  /** The only `nameserver`. */
  readonly resolver: string;
  /** Our search domains, most important first; empty: leave the search list as it is. */
  readonly search: readonly string[];
  /** Whether they come before or after the search domains that the file already has. */
  readonly position: 'first' | 'last';
}

const TITLE = '# Written by Drover. The last line is the original text in base64; `drover down` restores it.';
// In base64, because many start scripts use every line that `grep nameserver /etc/resolv.conf` finds, comments too.
const BEFORE = '# drover-before ';
/** musl ignores a line of 256 bytes or more, line feed included, and would lose the whole list. */
const LONGEST_LINE = 254;

/** The new text of a resolv.conf, with the original text in its last line; null: the text is right already. */
export function renderResolvConf(text: string, desired: ResolvConfContent): string | null {
  const wanted = render(originalOf(text) ?? text, desired);
  return wanted.trimEnd() === text.trimEnd() ? null : wanted;
}

/** The text from before Drover wrote the file; null: Drover did not write this text. */
export function originalOf(text: string): string | null {
  const line = text.split('\n').findLast((candidate) => candidate.startsWith(BEFORE));
  return line === undefined ? null : Buffer.from(line.slice(BEFORE.length), 'base64').toString('utf8');
}

/** The name servers of a resolv.conf, in order. */
export function nameserversIn(text: string): readonly string[] {
  return entriesOf(text).flatMap(({ keyword, values }) => (keyword === 'nameserver' ? values.slice(0, 1) : []));
}

function render(original: string, desired: ResolvConfContent): string {
  const entries = entriesOf(original);
  const search = fitting(mergedSearch(searchIn(entries), desired));
  // Docker writes ndots:0 for its own resolver. With that option musl never uses the search list, and glibc looks up the
  // bare name first. Without it, both apply the search list to names that have no dot.
  const options = entries.flatMap(({ keyword, values }) => (keyword === 'options' ? values : []));
  const keptOptions = options.filter((option) => option !== 'ndots:0');
  const others = entries.filter(({ keyword }) => !REPLACED.includes(keyword)).map(({ line }) => line);
  const lines = [
    `nameserver ${desired.resolver}`,
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...(keptOptions.length > 0 ? [`options ${keptOptions.join(' ')}`] : []),
    ...others,
  ];
  return written(TITLE, lines, original);
}

/** A text that is recognized as written by Drover, and from which the original text can be read. */
export function written(title: string, content: readonly string[], original: string): string {
  const lines = [title, ...content, `${BEFORE}${Buffer.from(original).toString('base64')}`, ''];
  return lines.toSpliced(1, 0, sealOf(lines)).join('\n');
}

const REPLACED: readonly string[] = ['nameserver', 'search', 'domain', 'options'];

interface Entry {
  readonly keyword: string;
  readonly values: readonly string[];
  readonly line: string;
}

function entriesOf(text: string): readonly Entry[] {
  return text.split('\n').flatMap((line) => {
    const [keyword = '', ...values] = line.trim().split(/\s+/);
    return keyword === '' || keyword.startsWith('#') || keyword.startsWith(';') ? [] : [{ keyword, values, line }];
  });
}

/** `domain` is a list of one. Of several such lines the last one counts. `.` means that there is nothing to search. */
function searchIn(entries: readonly Entry[]): readonly string[] {
  const last = entries.findLast(({ keyword }) => keyword === 'search' || keyword === 'domain');
  return (last?.values ?? []).filter((domain) => domain !== '.');
}

function mergedSearch(existing: readonly string[], { search, position }: ResolvConfContent): readonly string[] {
  const all = position === 'last' ? [...existing, ...search] : [...search, ...existing];
  return [...new Map(all.map((domain) => [domain.toLowerCase().replace(/\.$/, ''), domain])).keys()];
}

function fitting(domains: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let length = 'search'.length;
  for (const domain of domains) {
    if (length + 1 + domain.length > LONGEST_LINE) continue;
    kept.push(domain);
    length += 1 + domain.length;
  }
  return kept;
}
