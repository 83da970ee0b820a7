/** Flags of rancher-dns and rancher-metadata. Their users write them with one dash or two, and one in camel case. */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  dns: [
    ...['answers', 'cache-capacity', 'debug', 'listen', 'listenReload', 'log', 'metadata-server', 'ndots'],
    ...['never-recurse-to', 'pid-file', 'rancher-metadata-answer', 'recurser-timeout', 'ttl'],
  ],
  metadata: [
    'answers',
    'debug',
    'listen',
    'listenReload',
    'log',
    'pid-file',
    'reload-interval-limit',
    'subscribe',
    'xff',
  ],
};

/** Rewrites the flags of rancher-dns and rancher-metadata to Drover's spelling: `-listenReload=x` is `--listen-reload=x`. */
export function ourSpelling(args: readonly string[]): readonly string[] {
  const flags = Object.hasOwn(FLAGS, args[0] ?? '') ? FLAGS[args[0] ?? ''] : undefined;
  if (flags === undefined) return args;
  const oneOrTwoDashes = new RegExp(`^--?(${flags.join('|')})(=.*)?$`, 's');
  return args.map((arg) => {
    const [, name, value = ''] = oneOrTwoDashes.exec(arg) ?? [];
    return name === undefined ? arg : `--${name === 'listenReload' ? 'listen-reload' : name}${value}`;
  });
}
