// A `fetch` that tells how much of a body has been sent: the browser's own cannot, XMLHttpRequest can.

/** Returns a `fetch` for requests with a Blob as body; `onSent` gets the number of bytes sent so far. */
export function progressFetch(onSent: (bytes: number) => void): typeof globalThis.fetch {
  return (input, init = {}) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const abort = () => request.abort();
      request.open(init.method ?? 'GET', String(input));
      new Headers(init.headers).forEach((value, name) => {
        request.setRequestHeader(name, value);
      });
      request.responseType = 'blob';
      request.upload.onprogress = (event) => onSent(event.loaded);
      request.onload = () => resolve(answerOf(request));
      request.onerror = () => reject(new TypeError('The connection broke.'));
      request.onabort = () => reject(new DOMException('The upload was cancelled.', 'AbortError'));
      request.onloadend = () => init.signal?.removeEventListener('abort', abort);
      init.signal?.addEventListener('abort', abort);
      if (init.signal?.aborted) return request.onabort(new ProgressEvent('abort'));
      request.send(init.body instanceof Blob ? init.body : null);
    });
}

function answerOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const { status, statusText } = request;
  return new Response([204, 205, 304].includes(status) ? null : request.response, {
    status,
    statusText,
    headers,
  });
}
