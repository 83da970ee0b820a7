import type { Container } from '../../model/index.ts';
import type { Recognition } from '../../recognition/index.ts';
import { differences, type HostView, listNames, underSuffix } from '../../view/index.ts';
import { resolve } from '../answer/resolve.ts';
import type { ResolveOptions } from '../answer/resolve-context.ts';
import type { Change, NameSource } from '../query/name-source.ts';
import type { Resolution } from '../query/resolution.ts';
import { createRecollection } from './recollection.ts';
import { type StateAsker, stateAsker } from './state-asker.ts';

/** The state of this host as a source of names; always uses the newest view. */
export function createStateSource(
  { view, recognition }: { readonly view: () => HostView; readonly recognition: Recognition },
  options: ResolveOptions,
): NameSource<StateAsker> {
  const askers = createAskers();
  const remembered = createRecollection<HostView, StateAsker, Resolution>();
  return {
    who: (address) => {
      const container = recognition.who(address);
      if (container instanceof Promise) return container.then((found) => askers(view(), found));
      return askers(view(), container);
    },
    known: (address) => {
      const container = recognition.known(address);
      return container === undefined ? null : askers(view(), container);
    },
    names: () => listNames(view()),
    isOurs: (name) => underSuffix(view(), name.toLowerCase()) !== null,
    resolve: (asker, question, trace) => {
      const now = view();
      const find = () => resolve(now, asker.scope, question, options, trace);
      if (trace) return find();
      return remembered(now, asker, `${question.type} ${question.name.toLowerCase()}`, find);
    },
    authority: () => ({ primary: view().snapshot.environment.suffixes[0] ?? '', serial: view().revision }),
    changes: () => {
      let before: HostView | null = null;
      return {
        take: (): Change | null => {
          const now = view();
          if (now === before) return null;
          const change = before ? differences(before, now) : 'everything';
          before = now;
          return change;
        },
      };
    },
  };
}

/** Askers of the newest view, each made once. */
function createAskers(): (view: HostView, container: Container | null) => StateAsker {
  let of: HostView | null = null;
  let known = new Map<Container | null, StateAsker>();
  return (view, container) => {
    if (view !== of) known = new Map();
    of = view;
    const asker = known.get(container) ?? stateAsker(view, container);
    known.set(container, asker);
    return asker;
  };
}
