import type { Asked, PlainReply } from './reply.ts';

/** An intended difference from rancher-dns; each has a line in docs/rancher-dns.md. */
export interface Difference {
  /** The first cell of that line. */
  readonly title: string;
  readonly explains: (asked: Asked, theirs: PlainReply, ours: PlainReply) => boolean;
}

const NOERROR = 0;
const SERVFAIL = 2;
const NXDOMAIN = 3;
const OURS = /(^|\.)(rancher|other)\.internal$/i;

const isEmpty = ({ records }: PlainReply) => records.length === 0;
const isSingleLabel = ({ name }: Asked) => !name.includes('.');
/** The answer has aliases only. */
const isChain = ({ records }: PlainReply) => records.length > 0 && records.every((text) => text.split(' ')[1] === '5');
const saysNo = ({ rcode, soa }: PlainReply) => (rcode === NOERROR || rcode === NXDOMAIN) && soa !== '';

/** The first entry that explains a difference applies. */
export const DIFFERENCES: readonly Difference[] = [
  {
    title: 'Circular aliases, or more than nine in a chain',
    explains: ({ name }, theirs, ours) =>
      /^(self|loop|ten)$/.test(name) && isEmpty(theirs) && ours.rcode === SERVFAIL && isEmpty(ours),
  },
  {
    title: 'The domains of `authoritative` themselves',
    explains: ({ name, type }, theirs, ours) =>
      /^(rancher|other)\.internal$/.test(name) &&
      isEmpty(theirs) &&
      ours.rcode === NOERROR &&
      (type === 'SOA' ? ours.records.length === 1 : saysNo(ours) && isEmpty(ours)),
  },
  {
    title: 'An alias, queried for another type than A',
    explains: ({ type }, theirs, ours) =>
      type !== 'A' && isEmpty(theirs) && (isChain(ours) || ours.records.some((text) => text.includes(' 16 '))),
  },
  {
    title: 'An alias whose target does not exist',
    explains: ({ type }, theirs, ours) =>
      type === 'A' && isEmpty(theirs) && theirs.rcode === ours.rcode && isChain(ours),
  },
  {
    title: 'AAAA of a name without IPv6 addresses',
    explains: ({ type }, theirs, ours) =>
      type === 'AAAA' && theirs.rcode === NOERROR && ours.rcode === NOERROR && isEmpty(ours) && saysNo(ours),
  },
  {
    title: 'A name without a dot that is not in the file',
    explains: (asked, theirs, ours) =>
      isSingleLabel(asked) && isEmpty(theirs) && theirs.soa === '' && isEmpty(ours) && ours.soa === '.',
  },
  {
    title: 'Reply too large for UDP',
    explains: (_, theirs, ours) => theirs.flags.includes('TC') && theirs.flags === ours.flags && isEmpty(theirs),
  },
  {
    title: 'A type that an existing name does not have',
    explains: ({ name }, theirs, ours) =>
      isEmpty(theirs) &&
      theirs.rcode === NXDOMAIN &&
      ours.rcode === NOERROR &&
      isEmpty(ours) &&
      saysNo(ours) &&
      (OURS.test(name) || ours.soa === '.'),
  },
];

/** Null: no entry explains it. */
export function explanationOf(asked: Asked, theirs: PlainReply, ours: PlainReply): Difference | null {
  return DIFFERENCES.find(({ explains }) => explains(asked, theirs, ours)) ?? null;
}
