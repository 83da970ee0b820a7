export type { KernelAnswers, KernelStats } from './kernel-answers.ts';
export { listPorts, type PortsOptions } from './ports.ts';
export { startKernelAnswers } from './start.ts';
