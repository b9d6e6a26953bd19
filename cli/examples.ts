// `verbcast examples`: clips that show labels → a label set that knows them by sight.
import { writeFile } from 'node:fs/promises';
import { teach } from '../evaluation/teach.ts';
import {
  type LabelExamples,
  type LabelSetDraft,
  LabelSetInput,
  labelName,
  toLabelSet,
} from '../protocol/labels.ts';
import type { Environment } from '../runtime/config.ts';
import { PipelineError } from '../runtime/errors.ts';
import { withFlags } from './config.ts';
import { EXIT_INTERRUPTED, onInterrupt } from './interrupt.ts';
import { embedLabelClips, gatherClips, type LabelClipFlags } from './label-clips.ts';
import { openRecognition } from './recognition.ts';
import { openScreen } from './screen.ts';

export interface ExamplesFlags extends LabelClipFlags {
  /** False: the examples stand in place of the words. */
  readonly words: boolean;
  readonly weight?: number;
}

/** Runs the command: writes the label set to the file of --output, or prints it. */
export async function examplesCommand(
  path: string | undefined,
  flags: ExamplesFlags,
  environment: Environment,
): Promise<number> {
  const env = withFlags(environment, { MODEL: flags.model });
  const stop = new AbortController();
  const interrupt = onInterrupt(() => stop.abort());
  // Standard output is the label set where no file is named for it.
  const screen = openScreen(process.stderr);
  try {
    const { clips, set } = await gatherClips(path, flags);
    const recognition = await openRecognition(env);
    const { recogniser } = recognition;
    try {
      const quiet = { ...flags, json: true };
      const embedded = await embedLabelClips(clips, {
        recognition,
        flags: quiet,
        screen,
        signal: stop.signal,
      });
      const labelSet = toLabelSet(LabelSetInput.parse(set), 1);
      const names = labelSet.labels.map(({ name }) => name);
      const vectors = await recogniser.vectorsFor(labelSet);
      const taught = teach({
        clips: embedded.clips.map(({ label, embeddings }) => ({
          label: names.indexOf(label ?? ''),
          embeddings,
        })),
        vectors,
        model: recogniser.description,
        words: flags.words,
        weight: flags.weight,
      });
      if (taught.every((examples) => examples === undefined)) {
        throw new PipelineError(
          'E_DATASET_INVALID',
          'Expected clips of a label, and clips of something else to tell them from: another label, or --no other.mp4.',
        );
      }
      const text = JSON.stringify(withExamples(set, taught), null, 2);
      screen.close();
      if (flags.output === undefined) console.log(text);
      else {
        await writeFile(flags.output, `${text}\n`);
        for (const [i, examples] of taught.entries())
          console.log(
            `${names[i]}: ${examples ? `${examples.count} clips` : 'no clips, known by its words alone'}`,
          );
        console.log(`\nUse it: npx verbcast watch … --labels-file ${flags.output}`);
      }
      return 0;
    } finally {
      await recogniser.close();
    }
  } catch (error) {
    if (!interrupt.asked) throw error;
    return EXIT_INTERRUPTED;
  } finally {
    screen.close();
    interrupt.dispose();
  }
}

/** Returns the label set with the examples of each label, in the order of its labels. */
export function withExamples(
  set: LabelSetDraft,
  taught: readonly (LabelExamples | undefined)[],
): LabelSetDraft {
  return {
    ...set,
    labels: set.labels.map((label, i) => {
      const examples = taught[i];
      if (!examples) return label;
      return { ...(typeof label === 'string' ? { name: labelName(label) } : label), examples };
    }),
  };
}
