// Says when the connection to the server is gone, and for a moment that it is back.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { StreamLife } from './use-stream.ts';

const BACK_SHOWN_MS = 6_000;

/** A note that is there only when there is something to say. */
export function ConnectionNote({ connection }: { connection: StreamLife['connection'] }) {
  const [isBack, setIsBack] = useState(false);
  const wasLost = useRef(false);
  useEffect(() => {
    if (connection === 'lost') wasLost.current = true;
    if (connection !== 'connected' || !wasLost.current) return;
    wasLost.current = false;
    setIsBack(true);
    const timer = setTimeout(() => setIsBack(false), BACK_SHOWN_MS);
    return () => {
      clearTimeout(timer);
      setIsBack(false);
    };
  }, [connection]);

  return (
    <div role="status" class="connection">
      {connection === 'lost' && (
        <p class="notice notice-warn">
          Connection to the server lost. Trying again; it goes on where it stopped.
        </p>
      )}
      {isBack && <p class="notice">Connection to the server is back. Nothing is missing.</p>}
    </div>
  );
}
