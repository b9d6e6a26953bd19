// The inference thread, run from its TypeScript source: a thread does not inherit the program's loader.
import { register } from 'tsx/esm/api';

register();
await import('./inference-thread.ts');
