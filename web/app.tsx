// The frame of the page: its header, and what the address asks for.
import { useState } from 'preact/hooks';
import { addressOf, useAddress } from './address.ts';
import { StartPage } from './start-page.tsx';
import { rememberName } from './stream-names.ts';
import { StreamPage } from './stream-page.tsx';

/** The whole page. */
export function App() {
  const [stream, go] = useAddress();
  const [labels, setLabels] = useState<readonly string[]>([]);
  // Files stay with the browser: a reload forgets them, moving between streams does not.
  const [files] = useState(() => new Map<string, File>());

  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="masthead">
        <a
          class="wordmark"
          href={addressOf(null)}
          onClick={(event) => {
            if (event.metaKey || event.ctrlKey || event.shiftKey) return;
            event.preventDefault();
            go(null);
          }}
        >
          <span class="wordmark-sign" aria-hidden="true" />
          Verbcast
        </a>
        <p class="masthead-line">Say which actions matter. See when they happen.</p>
      </header>
      <main id="content" tabIndex={-1}>
        {stream === null ? (
          <StartPage
            labels={labels}
            onLabels={setLabels}
            onOpen={go}
            onStarted={(id, file) => {
              if (file) {
                files.set(id, file);
                rememberName(id, file.name);
              }
              go(id);
            }}
          />
        ) : (
          <StreamPage
            key={stream}
            id={stream}
            file={files.get(stream) ?? null}
            onFile={(file) => files.set(stream, file)}
            onAgain={(names) => {
              setLabels(names);
              go(null);
            }}
          />
        )}
      </main>
    </>
  );
}
