// A failure: its code, what happened, what to do.
import { remedyOf } from './remedies.ts';

/** Shows a failure. `title` says what did not work, in the words of the page. */
export function ErrorNotice({
  title,
  failure,
  heading: Heading = 'h2',
  onRetry,
}: {
  title: string;
  failure: { code: string; detail: string };
  heading?: 'h1' | 'h2';
  onRetry?: (() => void) | undefined;
}) {
  const remedy = remedyOf(failure.code);
  return (
    <section class="notice notice-bad" role="alert">
      <Heading>{title}</Heading>
      <p class="notice-detail">{failure.detail}</p>
      {remedy && (
        <p>
          <strong>What to do:</strong> {remedy}
        </p>
      )}
      <p class="notice-foot">
        <code>{failure.code}</code>
        {onRetry && (
          <button type="button" class="button" onClick={onRetry}>
            Try again
          </button>
        )}
      </p>
    </section>
  );
}
