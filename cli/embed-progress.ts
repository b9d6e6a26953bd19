// How far the clips of a data set are: a bar on a terminal, a line now and then elsewhere.
import type { EmbedProgress } from '../evaluation/embedded-clips.ts';
import { barOf } from './bar.ts';
import type { Screen } from './screen.ts';

const BAR_CELLS = 30;
/** Without a terminal a line is printed this often. */
const PRINT_EVERY_MS = 5_000;

/** Returns a function that shows progress on `screen`. */
export function showProgress(screen: Screen): (progress: EmbedProgress) => void {
  let printedAt = Date.now();
  return (progress) => {
    if (screen.live) return screen.draw([progressLine(progress)]);
    if (progress.done < progress.total && Date.now() - printedAt < PRINT_EVERY_MS) return;
    printedAt = Date.now();
    screen.print(progressLine(progress));
  };
}

/** Returns `█████░░░  12/86 clips, 10 from the cache  archery.avi`. */
export function progressLine({ done, total, cached, file }: EmbedProgress): string {
  const { filled, empty } = barOf(total === 0 ? 1 : done / total, BAR_CELLS);
  const known = cached === 0 ? '' : `, ${cached} from the cache`;
  return `${filled}${empty}  ${done}/${total} clips${known}  ${file}`;
}
