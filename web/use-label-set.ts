// The label set of a stream, asked for again whenever its version moves on.
import { useEffect, useState } from 'preact/hooks';
import { gateway } from './gateway.ts';
import { type KnownSet, plainLabel } from './label-draft.ts';
import type { StreamView } from './stream-view.ts';

const DEFAULTS = { on: 0.5, off: 0.3, minOnSeconds: 1, minOffSeconds: 1 };

/** Returns the label set as the gateway has it; until it answers, the names that the log told. */
export function useLabelSet(id: string, view: StreamView): KnownSet {
  const [known, setKnown] = useState<{ id: string; set: KnownSet } | null>(null);
  useEffect(() => {
    const leaving = new AbortController();
    gateway()
      .labels(id, { signal: leaving.signal })
      .then((set) => setKnown({ id, set }))
      // A stream whose set is gone still has its names in the log, and `useStream` tells what is wrong.
      .catch(() => {});
    return () => leaving.abort();
  }, [id, view.labelsVersion]);
  if (known?.id === id) return known.set;
  return { labels: view.labels.map(plainLabel), thresholds: DEFAULTS };
}
