/** Flags of rancher-dns; its command lines write them with one dash or two, and one in camel case. */
const FLAGS = [
  'answers',
  'cache-capacity',
  'debug',
  'listen',
  'listenReload',
  'log',
  'metadata-server',
  'ndots',
  'never-recurse-to',
  'pid-file',
  'rancher-metadata-answer',
  'recurser-timeout',
  'ttl',
] as const;

const ONE_OR_TWO_DASHES = new RegExp(`^--?(${FLAGS.join('|')})(=.*)?$`, 's');

/** The arguments of `drover dns` with such flags in our spelling: `-listenReload=x` is `--listen-reload=x`. */
export function ourSpelling(args: readonly string[]): readonly string[] {
  if (args[0] !== 'dns') return args;
  return args.map((arg) => {
    const [, name, value = ''] = ONE_OR_TWO_DASHES.exec(arg) ?? [];
    return name === undefined ? arg : `--${name === 'listenReload' ? 'listen-reload' : name}${value}`;
  });
}
