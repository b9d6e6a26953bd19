// The first page: what to watch, what to look for, and what was watched before.
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { VerbcastError } from '../client/client.ts';
import type { ModelList, StreamPage } from '../protocol/rest.ts';
import { ErrorNotice } from './error-notice.tsx';
import { asksForToken, gateway, toFailure } from './gateway.ts';
import { RecentStreams } from './recent-streams.tsx';
import { SignIn } from './sign-in.tsx';
import { StartForm } from './start-form.tsx';

interface Answer {
  models: ModelList;
  streams: StreamPage;
}

/** The start page. `onStarted` gets the new stream's id, and its file when there is one in the browser. */
export function StartPage(props: {
  labels: readonly string[];
  onLabels: (labels: readonly string[]) => void;
  onOpen: (id: string) => void;
  onStarted: (id: string, file: File | null) => void;
}) {
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [failure, setFailure] = useState<VerbcastError | null>(null);

  const ask = useCallback(async () => {
    setFailure(null);
    try {
      const [models, streams] = await Promise.all([gateway().models(), gateway().streams({ limit: 12 })]);
      setAnswer({ models, streams });
    } catch (error) {
      setFailure(toFailure(error));
    }
  }, []);
  useEffect(() => {
    document.title = 'Verbcast';
    ask();
  }, [ask]);

  return (
    <div class="start">
      <div class="start-main">
        <h1>New stream</h1>
        {failure && asksForToken(failure) && <SignIn onToken={ask} />}
        {failure && !asksForToken(failure) && (
          <ErrorNotice title="The server does not answer as it should" failure={failure} onRetry={ask} />
        )}
        {answer && answer.models.models.length === 0 && (
          <p class="notice notice-warn">
            No worker is running, so nothing can be watched yet. Start one with <code>verbcast worker</code>,{' '}
            <button type="button" class="link" onClick={ask}>
              then look again
            </button>
            .
          </p>
        )}
        <StartForm
          labels={props.labels}
          models={answer?.models ?? null}
          onLabels={props.onLabels}
          onStarted={props.onStarted}
        />
      </div>
      <RecentStreams streams={answer?.streams.streams ?? null} onOpen={props.onOpen} />
    </div>
  );
}
