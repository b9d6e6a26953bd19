// What the integration and end-to-end tests stand on. Missing here means missing everywhere: they fail, never skip.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Global set-up of vitest: fails with the remedy where a program or the pocket model is missing. */
export default function requirements(): void {
  for (const [program, flag] of [
    ['redis-server', '--version'],
    ['ffmpeg', '-version'],
  ] as const) {
    try {
      execFileSync(program, [flag], { stdio: 'ignore' });
    } catch (cause) {
      throw new Error(`Expected ${program} to be installed; run scripts/setup.sh.`, { cause });
    }
  }
  const model = join(import.meta.dirname, '../../models/pocket/onnx/vision_model.onnx');
  if (!existsSync(model))
    throw new Error('Expected the pocket model in models/pocket; the checkout is incomplete.');
}
