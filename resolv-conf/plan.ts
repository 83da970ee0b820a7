/** What a container's resolv.conf shall say. */
export interface DesiredResolver {
  /** The only `nameserver`. */
  readonly resolver: string;
  /** Our search domains, most important first; empty: leave the search list as it is. */
  readonly search: readonly string[];
  /** Whether they stand before or behind those the file has already. */
  readonly position: 'first' | 'last';
}

const TITLE = '# Drover answers here. The last line is what stood there before, in base64: `drover down` puts it back.';
// In base64, as many a start script takes whatever `grep nameserver /etc/resolv.conf` finds, comments too.
const BEFORE = '# drover-before ';
/** musl skips a line of 256 bytes or more, line feed included: it would lose the whole list. */
const LONGEST_LINE = 254;

/** The new text of a resolv.conf, or null when it says what it should. What stood there before us is kept in it. Pure. */
export function planResolvConf(text: string, desired: DesiredResolver): string | null {
  const wanted = render(originalOf(text) ?? text, desired);
  return wanted.trimEnd() === text.trimEnd() ? null : wanted;
}

/** The text that stood there before us; null: the text is not ours. Pure. */
export function originalOf(text: string): string | null {
  const line = text.split('\n').findLast((candidate) => candidate.startsWith(BEFORE));
  return line === undefined ? null : Buffer.from(line.slice(BEFORE.length), 'base64').toString('utf8');
}

/** The name servers of a resolv.conf, in their order. Pure. */
export function nameserversIn(text: string): readonly string[] {
  return entriesOf(text).flatMap(({ keyword, values }) => (keyword === 'nameserver' ? values.slice(0, 1) : []));
}

function render(original: string, desired: DesiredResolver): string {
  const entries = entriesOf(original);
  const search = fitting(mergedSearch(searchIn(entries), desired));
  // Docker writes ndots:0 for its own resolver. With it musl never uses the search list, and glibc asks for the bare
  // name first; without it both search names that have no dot, which is what the list is for.
  const options = entries.flatMap(({ keyword, values }) => (keyword === 'options' ? values : []));
  const keptOptions = options.filter((option) => option !== 'ndots:0');
  const others = entries.filter(({ keyword }) => !REPLACED.includes(keyword)).map(({ line }) => line);
  return [
    TITLE,
    `nameserver ${desired.resolver}`,
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...(keptOptions.length > 0 ? [`options ${keptOptions.join(' ')}`] : []),
    ...others,
    `${BEFORE}${Buffer.from(original).toString('base64')}`,
    '',
  ].join('\n');
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

/** `domain` is a list of one; of several such lines the last one counts. `.` means "nothing to search". */
function searchIn(entries: readonly Entry[]): readonly string[] {
  const last = entries.findLast(({ keyword }) => keyword === 'search' || keyword === 'domain');
  return (last?.values ?? []).filter((domain) => domain !== '.');
}

function mergedSearch(existing: readonly string[], { search, position }: DesiredResolver): readonly string[] {
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
