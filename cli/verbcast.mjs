#!/usr/bin/env node
// The program, run from its TypeScript sources.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
