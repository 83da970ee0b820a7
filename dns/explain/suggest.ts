import { nearestWord } from '../../model/index.ts';
import { type HostView, listDockerNames, listNames, type Scope, serviceOf } from '../../view/index.ts';

/** The existing name that an unknown one was probably meant to be, in the form in which it was asked; null: none is like it. */
export function suggestName(view: HostView, scope: Scope, name: string): string | null {
  const suffix = view.snapshot.environment.suffixes.map(bare).find((one) => name.endsWith(`.${one}`));
  const relative = suffix === undefined ? name : name.slice(0, -suffix.length - 1);
  const found = relative.includes('.') ? ofStack(view, relative) : short(view, scope, relative);
  return found === null || found === relative ? null : suffix === undefined ? found : `${found}.${suffix}`;
}

/** `api.shp`: the stack is like the last label, and a service of it like the rest. */
function ofStack(view: HostView, name: string): string | null {
  const dot = name.lastIndexOf('.');
  const end = name.slice(dot + 1);
  const stack = view.stacks.has(end) ? end : nearestWord(end, view.stacks.keys());
  if (stack === null) return null;
  const services = [...(view.stacks.get(stack)?.services.keys() ?? [])].map((inner) =>
    inner.split('/').reverse().join('.'),
  );
  const rest = name.slice(0, dot);
  const service = services.includes(rest) ? rest : nearestWord(rest, services);
  return service === null ? null : `${service}.${stack}`;
}

/** The same name elsewhere (`web` of another stack is `web.shop`), then names that the client has without a dot, then those of everybody. */
function short(view: HostView, scope: Scope, name: string): string | null {
  const suffix = bare(view.snapshot.environment.suffixes[0] ?? '');
  const all = [...listNames(view)].map((absolute) => absolute.slice(0, -suffix.length - 2));
  const elsewhere = all.find((one) => one.startsWith(`${name}.`) && one.split('.').length === 2);
  if (elsewhere !== undefined) return elsewhere;
  const stack = scope.container && serviceOf(view, scope.container)?.stack.toLowerCase();
  const services = [...(view.stacks.get(stack ?? '')?.services.keys() ?? [])].filter((inner) => !inner.includes('/'));
  const own = nearestWord(name, [...services, ...scope.links.keys(), ...listDockerNames(view, scope)]);
  if (own !== null) return own;
  return nearestWord(
    name,
    all.filter((one) => !one.includes('.')),
  );
}

function bare(suffix: string): string {
  return suffix.toLowerCase().replace(/\.$/, '');
}
