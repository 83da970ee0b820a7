import { createRecognition } from '../recognition/index.ts';
import type { HostView, SearchMode } from '../view/index.ts';
import type { NamesDependencies, NamesOptions, SourceContext } from './names-options.ts';
import type { NameSource } from './query/name-source.ts';
import { type DnsServer, serveNames } from './serve-names.ts';
import { createStateSource } from './source/state-source.ts';
import { ruledNames } from './upstream/choice/choice.ts';

export interface DnsDependencies extends Omit<NamesDependencies, 'source' | 'served'> {
  /** The newest view; read once a query. */
  readonly view: () => HostView;
  /** Calls the listener after each change of the view; returns the unsubscribe. */
  readonly onChange: (listener: () => void) => () => void;
  /**
   * Called for a query from a local address that no known container has: looks once whether a container has it now. True: the
   * view knows the container, or will in a moment. Calls for one address are made one at a time.
   */
  readonly identify: (address: string) => Promise<boolean>;
  /** Age of the state; default: always 0. */
  readonly ageSeconds?: () => number;
}

export interface DnsOptions extends NamesOptions {
  /** Address of `rancher-metadata`, default 169.254.169.250. */
  readonly metadataAddress?: string;
  /** Which names without our suffix are completed by the asker's search list; default: only names that are certainly ours. */
  readonly search?: SearchMode;
  /** How long a query from an unknown local address waits for `identify`, default 250. */
  readonly holdMs?: number;
}

/** Answers DNS from the state of this host. Rejects when an address cannot be bound, saying which. */
export function serveDns(dependencies: DnsDependencies, options: DnsOptions): Promise<DnsServer> {
  const source = ({ recorder, signal }: SourceContext): NameSource => {
    const onHold = () => recorder.happened('held');
    const parts = { ...dependencies, onViewChange: dependencies.onChange };
    const recognition = createRecognition(parts, { holdMs: options.holdMs ?? 250, onHold, signal });
    const metadataAddress = options.metadataAddress ?? '169.254.169.250';
    const search = options.search ?? 'own';
    const ruled = ruledNames(options.forwarding?.rules ?? []);
    return createStateSource({ view: dependencies.view, recognition }, { metadataAddress, search, ruled });
  };
  const { view, ageSeconds = () => 0 } = dependencies;
  const served = () => ({ revision: view().revision, ageSeconds: ageSeconds() });
  return serveNames({ ...dependencies, source, served }, options);
}
