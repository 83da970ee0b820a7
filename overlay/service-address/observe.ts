export interface ObservedServiceAddress {
  readonly namespace: boolean;
}
