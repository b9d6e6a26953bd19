// Which stream the page shows stands in its address, so that a reload or a link comes back to it.
import { useEffect, useState } from 'preact/hooks';

/** Returns the stream that the address names, or null. Whether there is one, the gateway says. */
export function streamInAddress(): string | null {
  return new URL(location.href).searchParams.get('stream') || null;
}

/** Returns the address of a stream's page, or of the start page. */
export function addressOf(stream: string | null): string {
  return stream === null ? '.' : `?stream=${encodeURIComponent(stream)}`;
}

/** Follows the address: returns the stream it names, and a function that goes to another. */
export function useAddress(): [string | null, (stream: string | null) => void] {
  const [stream, setStream] = useState(streamInAddress);
  useEffect(() => {
    const onMove = () => setStream(streamInAddress());
    addEventListener('popstate', onMove);
    return () => removeEventListener('popstate', onMove);
  }, []);
  const go = (next: string | null) => {
    history.pushState(null, '', addressOf(next));
    setStream(next);
    scrollTo(0, 0);
    // People who use a keyboard or listen go on at the new content, not at a link that is gone.
    document.getElementById('content')?.focus({ preventScroll: true });
  };
  return [stream, go];
}
