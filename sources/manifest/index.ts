export { applyChanges, type DeclarationDocuments } from './apply.ts';
export { withoutEmptyFiles } from './empty-file.ts';
export { type KeyReader, readerOf, USED_KEYS, type UsedKey } from './files/keys.ts';
export { documentKey, type ManifestFile, type ManifestOptions, type Manifests } from './files/manifest.ts';
export { projectName } from './files/project.ts';
export { formatDeclarations, formatDeclarationsAsJson } from './format.ts';
export { parseManifest, parseManifests } from './parse-manifests.ts';
export { type DeclarationChange, type DeclaredDocument, type PlanOptions, planApply } from './plan.ts';
export { readAttachedFiles } from './read-attached.ts';
export { manifestText, type ReadText } from './read-text.ts';
export { renderChanges } from './render.ts';
export {
  type ManifestsReport,
  type ManifestWatch,
  type WatchManifestsDependencies,
  type WatchManifestsOptions,
  watchManifests,
} from './watch-manifests.ts';
