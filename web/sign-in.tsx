// Asks for a token where the gateway wants one.
import { useState } from 'preact/hooks';
import { carryToken, hasToken } from './gateway.ts';

/** A field for the access token; it is kept in this tab only. */
export function SignIn({ onToken }: { onToken: () => void }) {
  const [value, setValue] = useState('');
  const refused = hasToken();
  return (
    <form
      class="notice"
      onSubmit={(event) => {
        event.preventDefault();
        if (value.trim() === '') return;
        carryToken(value.trim());
        onToken();
      }}
    >
      <h2>This server asks for a token</h2>
      <label class="field-label" for="token">
        Access token
      </label>
      <div class="row">
        <input
          id="token"
          class="input"
          type="password"
          autocomplete="off"
          value={value}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        <button type="submit" class="button button-main">
          Use it
        </button>
      </div>
      {refused && (
        <p class="hint hint-bad" role="alert">
          The token of this tab was not accepted. Check that it is whole and has not expired.
        </p>
      )}
      <p class="hint">It is kept in this tab and forgotten when the tab is closed.</p>
    </form>
  );
}
