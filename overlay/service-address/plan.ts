export interface ServiceAddressChange {
  readonly kind: string;
}
