// A `fetch` that tells how much of a body has been sent: the browser's own cannot, XMLHttpRequest can.

/**
 * Returns a `fetch` that tells `onSent` how many bytes of a file have been sent so far. A request that carries a piece of
 * a file says in `Upload-Offset` where the piece begins.
 */
export function progressFetch(onSent: (bytes: number) => void): typeof globalThis.fetch {
  return (input, init = {}) => {
    const { body } = init;
    if (!(body instanceof Blob)) return fetch(input, init);
    const headers = new Headers(init.headers);
    const offset = Number(headers.get('upload-offset') ?? 0);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const abort = () => request.abort();
      request.open(init.method ?? 'GET', String(input));
      headers.forEach((value, name) => {
        request.setRequestHeader(name, value);
      });
      request.responseType = 'blob';
      request.upload.onprogress = (event) => onSent(offset + event.loaded);
      request.onload = () => resolve(answerOf(request));
      request.onerror = () => reject(new TypeError('The connection broke.'));
      request.onabort = () => reject(new DOMException('The upload was cancelled.', 'AbortError'));
      request.onloadend = () => init.signal?.removeEventListener('abort', abort);
      init.signal?.addEventListener('abort', abort);
      if (init.signal?.aborted) return request.onabort(new ProgressEvent('abort'));
      request.send(body);
    });
  };
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
