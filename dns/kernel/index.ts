export { createKernelService, type KernelPlace, type KernelReport, type KernelService } from './service.ts';
