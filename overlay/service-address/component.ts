import type { Component } from '../../reconcile/index.ts';
import type { HostView } from '../../view/index.ts';
import type { ObservedServiceAddress } from './observe.ts';
import type { ServiceAddressChange } from './plan.ts';
import type { ServiceAddress } from './service-address.ts';
import type { ServiceAddressSettings } from './settings.ts';

/** The service address: the same on every host, whatever the view. */
export function serviceAddressComponent({
  applier,
  settings,
}: Pick<ServiceAddress, 'applier' | 'settings'>): Component<
  HostView,
  ServiceAddressSettings,
  ObservedServiceAddress,
  ServiceAddressChange
> {
  return { name: 'service-address', applier, desired: () => settings };
}
