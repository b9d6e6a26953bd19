// One stream: the video, what happens in it, and what it is asked to look for.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ActionTable } from './action-table.tsx';
import { Announcer } from './announcer.tsx';
import { ErrorNotice } from './error-notice.tsx';
import { asksForToken } from './gateway.ts';
import { LabelOrder } from './label-colours.ts';
import { LabelEditor } from './label-editor.tsx';
import { MarkList } from './mark-list.tsx';
import { NowPanel } from './now-panel.tsx';
import { PastBox } from './past-box.tsx';
import { SignIn } from './sign-in.tsx';
import { isOver } from './status-words.ts';
import { StreamHeader } from './stream-header.tsx';
import { nameOf } from './stream-names.ts';
import { withLabels } from './stream-view.ts';
import { TrackPanel } from './track-panel.tsx';
import { useLabelSet } from './use-label-set.ts';
import { statusOf, useStream } from './use-stream.ts';
import { VideoPanel } from './video-panel.tsx';

/** The page of the stream `id`. `file` is its footage where this browser has it. */
export function StreamPage(props: {
  id: string;
  file: File | null;
  onFile: (file: File) => void;
  onAgain: (labels: string[]) => void;
}) {
  const { id } = props;
  const life = useStream(id);
  const { view, record } = life;
  const labelSet = useLabelSet(id, view);
  const [file, setFile] = useState(props.file);
  const [playhead, setPlayhead] = useState<number | null>(null);
  const video = useRef<HTMLVideoElement>(null);
  const status = statusOf(life);
  const name = record && nameOf(record);
  const over = isOver(status);
  const reason = view.reason ?? record?.reason;
  const barren = isOver(view.status) && view.latest === null;
  // Before the log tells of a label, the label set does.
  const order = withLabels(
    view.everyLabel,
    labelSet.labels.map(({ name }) => name),
  );

  useEffect(() => {
    document.title = name === null ? 'Verbcast' : `${name} – Verbcast`;
  }, [name]);

  const seek = (media: number) => {
    setPlayhead(media);
    if (video.current) video.current.currentTime = media;
  };

  if (life.failure) {
    return asksForToken(life.failure) ? (
      <SignIn onToken={() => location.reload()} />
    ) : (
      <ErrorNotice
        title="This stream cannot be followed"
        failure={life.failure}
        heading="h1"
        onRetry={life.failure.retry ? () => location.reload() : undefined}
      />
    );
  }
  return (
    <LabelOrder.Provider value={order}>
      <div class="stream">
        <StreamHeader life={life} />
        {reason && status === 'failed' && (
          <ErrorNotice title="The stream failed" failure={{ code: reason.code, detail: reason.message }} />
        )}
        <Announcer life={life} />
        <div class="stream-grid">
          <div class="stream-wide">
            {barren ? (
              <p class="absent">The stream ended before a frame was scored.</p>
            ) : (
              <>
                <VideoPanel
                  video={video}
                  life={life}
                  file={file}
                  onFile={(chosen) => {
                    setFile(chosen);
                    props.onFile(chosen);
                  }}
                  onTime={setPlayhead}
                />
                <TrackPanel life={life} labelSet={labelSet} playhead={playhead} onSeek={seek} />
                <ActionTable
                  view={view}
                  playhead={playhead}
                  newestFirst={record?.mode === 'live'}
                  onSeek={seek}
                />
              </>
            )}
          </div>
          <div class="stream-side">
            {!barren && <NowPanel view={view} labelSet={labelSet} at={over ? playhead : null} over={over} />}
            <LabelEditor
              id={id}
              known={labelSet}
              over={over}
              onAgain={() => props.onAgain(labelSet.labels.map((label) => label.name))}
            />
            <PastBox id={id} onSeek={seek} />
            <MarkList marks={view.marks} />
          </div>
        </div>
      </div>
    </LabelOrder.Provider>
  );
}
