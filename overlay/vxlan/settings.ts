export interface VxlanSettings {
  /** Default `drover-vx`. */
  readonly device: string;
  /** Virtual network identifier, the same on all hosts. A device with our name and another one is not ours. Default 1042. */
  readonly vni: number;
  /** UDP port. Default 4789. */
  readonly port: number;
}

export const defaultVxlanSettings: VxlanSettings = { device: 'drover-vx', vni: 1042, port: 4789 };
