export { type BoundCertificates, bindCertificates } from './bind-certificates.ts';
export type { Certificate } from './certificate.ts';
export { createHaproxyCheck, type RefusedCopies } from './haproxy-check.ts';
export type { LoadedCertificate, LoadedCertificates } from './loaded.ts';
export { type CertificateChange, planCertificates } from './plan.ts';
export { ALL_CERTIFICATES } from './private-copies.ts';
export { RunningCertificates, type RunningCertificatesDependencies } from './running-certificates.ts';
export { CertificateStore, type CertificateStoreDependencies, type CertificateStoreSettings } from './store.ts';
