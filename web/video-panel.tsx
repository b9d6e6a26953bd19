// The footage, where the browser has it, with what is known of the moment it shows.
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { actionsAt } from './actions-at.ts';
import { formatTime } from './clock.ts';
import { colourClass, useLabelOrder } from './label-colours.ts';
import type { StreamLife } from './use-stream.ts';
import { VideoAbsent } from './video-absent.tsx';

/** A player for the person's own file; otherwise a plain word on why there is none. */
export function VideoPanel(props: {
  video: RefObject<HTMLVideoElement | null>;
  life: StreamLife;
  file: File | null;
  onFile: (file: File) => void;
  onTime: (media: number) => void;
}) {
  const { file, life, video } = props;
  const colours = useLabelOrder();
  const [address, setAddress] = useState<string | null>(null);
  const [unplayable, setUnplayable] = useState(false);
  const [time, setTime] = useState(0);

  useEffect(() => {
    setUnplayable(false);
    if (!file) return setAddress(null);
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);

  if (!file || !address || unplayable) {
    return (
      <VideoAbsent
        record={life.record}
        unplayable={unplayable ? (file?.name ?? null) : null}
        onFile={props.onFile}
      />
    );
  }
  const shown = actionsAt(life.view, time);
  return (
    <section class="video" aria-label="Video">
      <video
        ref={video}
        src={address}
        controls
        muted
        playsInline
        preload="auto"
        onError={() => setUnplayable(true)}
        onTimeUpdate={(event) => {
          setTime(event.currentTarget.currentTime);
          props.onTime(event.currentTarget.currentTime);
        }}
      />
      <p class="caption">
        <span class="caption-time">{formatTime(time, { tenths: true })}</span>
        {shown.length === 0 && (
          <span class="quiet">{time > life.view.media ? 'Not looked at yet' : 'None of the labels'}</span>
        )}
        {shown.map((action) => (
          <span key={action.id} class={`tag ${colourClass(colours, action.label)}`}>
            {action.label}
          </span>
        ))}
      </p>
    </section>
  );
}
