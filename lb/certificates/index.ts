export type { Certificate } from './certificate.ts';
export { ALL_CERTIFICATES } from './private-copies.ts';
export { CertificateStore, type CertificateStoreDependencies, type CertificateStoreSettings } from './store.ts';
