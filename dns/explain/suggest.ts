import { nearestWord } from '../../model/index.ts';
import { type HostView, listDockerNames, type Scope, serviceOf, underSuffix } from '../../view/index.ts';

/** The existing name that an unknown one was probably meant to be, in the form in which it was asked; null: none is like it. */
export function suggestName(view: HostView, scope: Scope, name: string): string | null {
  const under = underSuffix(view, name);
  const relative = under?.relative ?? name;
  const isShort = !relative.includes('.');
  const found = isShort ? short(view, scope, relative) : (ofStack(view, relative) ?? onNetwork(view, scope, relative));
  if (found === null || found === relative) return null;
  return under ? `${found}.${under.suffix}` : found;
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

/** `web.shop_frnt`: a network of the client is like the last label, and a name of Docker like the rest. */
function onNetwork(view: HostView, scope: Scope, name: string): string | null {
  const dot = name.lastIndexOf('.');
  const names = scope.networks.map((network) => network.name);
  const network = nearestWord(name.slice(dot + 1), names);
  if (network === null) return null;
  const on = { ...scope, networks: scope.networks.filter((one) => one.name === network) };
  const rest = nearestWord(name.slice(0, dot), listDockerNames(view, on));
  return rest === null ? null : `${rest}.${network}`;
}

/** The same name elsewhere (`web` of another stack is `web.shop`), then names that only this client has, then those of all clients. */
function short(view: HostView, scope: Scope, name: string): string | null {
  const all = [...view.index.names.keys()];
  const elsewhere = all.find((one) => one.startsWith(`${name}.`) && one.split('.').length === 2);
  if (elsewhere !== undefined) return elsewhere;
  const stack = scope.container && serviceOf(view, scope.container)?.stack.toLowerCase();
  const services = [...(view.stacks.get(stack ?? '')?.services.keys() ?? [])].filter((inner) => !inner.includes('/'));
  const own = [...services, ...scope.links.keys(), ...listDockerNames(view, scope)];
  const common = all.filter((one) => !one.includes('.'));
  return nearestWord(name, own) ?? nearestWord(name, common);
}
