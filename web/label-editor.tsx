// The label set of a stream, to read and, while it runs, to change.
import { useState } from 'preact/hooks';
import type { VerbcastError } from '../client/client.ts';
import { ErrorNotice } from './error-notice.tsx';
import { gateway, toFailure } from './gateway.ts';
import { LabelAdder } from './label-adder.tsx';
import {
  draftFault,
  draftInput,
  draftOf,
  isChanged,
  type KnownSet,
  type LabelDraft,
  type SetDraft,
} from './label-draft.ts';
import { LabelRow } from './label-row.tsx';
import { ScoreField } from './score-field.tsx';

/** The editor. Changes are gathered and sent together, since each sending is a version of its own. */
export function LabelEditor(props: { id: string; known: KnownSet; over: boolean; onAgain: () => void }) {
  const { id, known, over } = props;
  const [edited, setEdited] = useState<SetDraft | null>(null);
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<VerbcastError | null>(null);
  const draft = edited ?? draftOf(known);
  const changed = isChanged(draft, known);
  const fault = changed ? draftFault(draft) : null;

  const replace = (label: LabelDraft, by: LabelDraft | null) =>
    setEdited({
      ...draft,
      labels: draft.labels.flatMap((other) => (other === label ? (by ? [by] : []) : [other])),
    });
  const apply = async (event: Event) => {
    event.preventDefault();
    if (!changed || fault || over) return;
    setSending(true);
    setFailure(null);
    try {
      await gateway().setLabels(id, draftInput(draft, known));
      setEdited(null);
    } catch (error) {
      setFailure(toFailure(error));
    } finally {
      setSending(false);
    }
  };

  return (
    <form class="panel" aria-labelledby="labels-title" onSubmit={apply}>
      <h2 id="labels-title">Labels</h2>
      <ul class="label-rows">
        {draft.labels.map((label) => (
          <LabelRow
            key={label.name}
            label={label}
            startsAt={draft.on}
            fixed={over}
            onChange={(by) => replace(label, by)}
          />
        ))}
      </ul>
      {!over && (
        <LabelAdder
          taken={draft.labels.map((label) => label.name)}
          onAdd={(names) =>
            setEdited({
              ...draft,
              labels: [
                ...draft.labels,
                ...names.map((name) => ({ name, threshold: '', prompts: [name], not: [] })),
              ],
            })
          }
        />
      )}
      <ScoreField
        label="Actions start at"
        value={draft.on}
        disabled={over}
        onValue={(on) => setEdited({ ...draft, on, off: Math.min(on, draft.off) })}
      />
      <ScoreField
        label="and end below"
        value={draft.off}
        disabled={over}
        onValue={(off) => setEdited({ ...draft, off: Math.min(off, draft.on) })}
      />
      {fault && (
        <p class="hint hint-bad" role="alert">
          {fault}
        </p>
      )}
      {failure && <ErrorNotice title="The labels were not changed" failure={failure} />}
      {over ? (
        <button type="button" class="button" onClick={props.onAgain}>
          Use these labels again
        </button>
      ) : (
        changed && (
          <div class="row row-end">
            <button type="button" class="button" onClick={() => setEdited(null)}>
              Discard
            </button>
            <button type="submit" class="button button-main" disabled={fault !== null || sending}>
              Apply
            </button>
          </div>
        )
      )}
    </form>
  );
}
