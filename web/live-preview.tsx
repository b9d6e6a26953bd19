// A live source as the model sees it, about once a second.
import { useEffect, useState } from 'preact/hooks';
import { gateway } from './gateway.ts';

const EVERY_MS = 1_000;

/** The newest picture of the live stream `id`, asked for as long as somebody looks at the page and it is not over. */
export function LivePreview({ id, over }: { id: string; over: boolean }) {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (over) return;
    const leaving = new AbortController();
    follow(id, { signal: leaving.signal, show: setAddress }).catch(() => undefined);
    return () => leaving.abort(new DOMException('The page moved on.', 'AbortError'));
  }, [id, over]);
  useEffect(() => () => (address ? URL.revokeObjectURL(address) : undefined), [address]);

  if (over) {
    return (
      <section class="absent" aria-label="Video">
        <p>The stream is over. Pictures of live sources are not kept; the scores and actions are.</p>
      </section>
    );
  }
  return (
    <section class="preview" aria-label="Video">
      {address ? (
        <img src={address} alt="What the source shows now, cropped to a square" />
      ) : (
        <p class="quiet">There is no picture of the source right now. It is shown as soon as one comes.</p>
      )}
      <p class="quiet">
        This is the small, cropped picture that the model sees, about once a second. It is not the source's
        full picture, and it is not kept.
      </p>
    </section>
  );
}

async function follow(
  id: string,
  { signal, show }: { signal: AbortSignal; show: (address: string | null) => void },
): Promise<void> {
  while (!signal.aborted) {
    await visible(signal);
    // What is wrong with the gateway is told by those who follow its events.
    const picture = await gateway()
      .preview(id, { signal })
      .catch(() => null);
    if (!signal.aborted) show(picture && URL.createObjectURL(picture));
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

/** Resolves as soon as the page can be seen. */
async function visible(signal: AbortSignal): Promise<void> {
  while (document.hidden && !signal.aborted) {
    await new Promise((resolve) =>
      document.addEventListener('visibilitychange', resolve, { once: true, signal }),
    );
  }
}
