export {
  createRecognition,
  type Recognition,
  type RecognitionDependencies,
  type RecognitionOptions,
} from './recognition.ts';
