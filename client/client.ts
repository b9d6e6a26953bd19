// The typed client of a Verbcast gateway, for browsers and Node. The CLI and the page use only this.
import type { PastScores } from '../protocol/ask.ts';
import type { StreamEvent } from '../protocol/event.ts';
import type { LabelSet, LabelSetDraft } from '../protocol/labels.ts';
import type {
  ActionList,
  ActionSpan,
  ExportFormat,
  LabelsVersion,
  ModelList,
  StreamPage,
  Upload,
} from '../protocol/rest.ts';
import type { CreateStreamInput, StreamRecord } from '../protocol/stream.ts';
import type { WebSocketConstructor } from './connection.ts';
import { VerbcastError } from './error.ts';
import { createHttp } from './http.ts';
import type { TokenSource } from './token.ts';
import { type UploadOptions, uploadFile } from './upload.ts';
import { type WatchOptions, watchStream } from './watch.ts';

export interface ClientOptions {
  /** Of the gateway, such as `http://127.0.0.1:8787`; a path is kept, for gateways behind a proxy. */
  url: string;
  /** A token, or a function that returns one: it is asked anew for every request and connection. */
  token?: TokenSource | undefined;
  /** Node 20 has none of its own: pass the one of the package `ws`. */
  WebSocket?: WebSocketConstructor | undefined;
  fetch?: typeof globalThis.fetch | undefined;
}

interface CallOptions {
  signal?: AbortSignal | undefined;
}

/** Every call fails with a {@link VerbcastError}, or with the signal's reason when it is aborted. */
export interface Client {
  /** Submits a video. With an `idempotencyKey`, repeating the call returns the stream of the first one. */
  createStream(
    input: CreateStreamInput,
    options?: CallOptions & { idempotencyKey?: string },
  ): Promise<StreamRecord>;
  stream(id: string, options?: CallOptions): Promise<StreamRecord>;
  /** One page of streams, newest first; `cursor` is the page before's `nextCursor`. */
  streams(options?: CallOptions & { limit?: number; cursor?: string }): Promise<StreamPage>;
  /** Asks a stream to stop, and returns its record; its final status comes as an event. */
  stop(id: string, options?: CallOptions): Promise<StreamRecord>;
  /** Removes everything of a stream that is over. @throws VerbcastError E_STREAM_RUNNING while it is not. */
  purge(id: string, options?: CallOptions): Promise<void>;
  labels(id: string, options?: CallOptions): Promise<LabelSet>;
  /** Replaces the label set of a running stream; it counts from the next window on. */
  setLabels(id: string, labels: LabelSetDraft, options?: CallOptions): Promise<LabelsVersion>;
  actions(id: string, options?: CallOptions): Promise<ActionSpan[]>;
  /** The actions as a text file. */
  exportActions(id: string, format: ExportFormat, options?: CallOptions): Promise<string>;
  /** Scores other words, or a whole label set, over what has been seen; nothing is decoded or embedded again. */
  ask(id: string, labels: readonly string[] | LabelSetDraft, options?: CallOptions): Promise<PastScores>;
  /** What a live stream shows now, as a PNG: the cropped picture that the model sees. Null while there is none. */
  preview(id: string, options?: CallOptions): Promise<Blob | null>;
  models(options?: CallOptions): Promise<ModelList>;
  /**
   * Sends a file in pieces, going on where a lost connection stopped it; the answer's `id` is a `source.upload`. In Node:
   * `await fs.openAsBlob(path)`.
   */
  upload(file: Blob, options?: UploadOptions): Promise<Upload>;
  /** The events of a stream, in order, each once, across reconnects, until its end. */
  watch(id: string, options?: WatchOptions): AsyncGenerator<StreamEvent, void, undefined>;
}

/** Returns a client of the gateway at `url`. Nothing is sent before the first call. */
export function createClient({ url, token, WebSocket, fetch = globalThis.fetch }: ClientOptions): Client {
  const base = new URL(url.endsWith('/') ? url : `${url}/`);
  const http = createHttp({ base, token, fetch: (...call) => fetch(...call) });
  const at = (id: string, rest = '') => `v1/streams/${encodeURIComponent(id)}${rest}`;

  const socketUrl = new URL('v1/ws', base);
  socketUrl.protocol = base.protocol.replace('http', 'ws');
  return {
    createStream: (body, { idempotencyKey, signal } = {}) =>
      http.json({
        method: 'POST',
        path: 'v1/streams',
        body,
        headers: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey },
        signal,
      }),
    stream: (id, { signal } = {}) => http.json({ method: 'GET', path: at(id), signal }),
    streams: ({ limit, cursor, signal } = {}) =>
      http.json({ method: 'GET', path: 'v1/streams', query: { limit, cursor }, signal }),
    stop: (id, { signal } = {}) => http.json({ method: 'DELETE', path: at(id), signal }),
    async purge(id, { signal } = {}) {
      await http.send({ method: 'DELETE', path: at(id), query: { purge: true }, signal });
    },
    labels: (id, { signal } = {}) => http.json({ method: 'GET', path: at(id, '/labels'), signal }),
    setLabels: (id, body, { signal } = {}) =>
      http.json({ method: 'PUT', path: at(id, '/labels'), body, signal }),
    async actions(id, { signal } = {}) {
      const { actions } = await http.json<ActionList>({ method: 'GET', path: at(id, '/actions'), signal });
      return actions;
    },
    async exportActions(id, format, { signal } = {}) {
      const answer = await http.send({ method: 'GET', path: at(id, '/actions'), query: { format }, signal });
      return answer.text();
    },
    ask: (id, labels, { signal } = {}) => {
      const path = at(id, '/scores');
      if ('labels' in labels) return http.json({ method: 'POST', path, body: labels, signal });
      return http.json({ method: 'GET', path, query: { labels }, signal });
    },
    async preview(id, { signal } = {}) {
      const answer = await http.send({ method: 'GET', path: at(id, '/preview.png'), signal });
      return answer.status === 204 ? null : answer.blob();
    },
    models: ({ signal } = {}) => http.json({ method: 'GET', path: 'v1/models', signal }),
    upload: (file, options) => uploadFile(http, file, options),
    watch: (id, options = {}) =>
      watchStream(id, { ...options, url: socketUrl.href, token, WebSocket: WebSocket ?? globalWebSocket() }),
  };
}

function globalWebSocket(): WebSocketConstructor {
  // Node 20 and its types have none; browsers and Node 22 do.
  const { WebSocket } = globalThis as { WebSocket?: WebSocketConstructor };
  if (WebSocket) return WebSocket;
  throw new VerbcastError({
    code: 'E_CONFIG',
    detail: 'This runtime has no WebSocket: pass one to createClient (the package `ws` has it).',
  });
}

export type { WebSocketConstructor, WebSocketLike } from './connection.ts';
export { VerbcastError } from './error.ts';
export type { TokenSource } from './token.ts';
export type { UploadOptions } from './upload.ts';
export type { WatchOptions } from './watch.ts';
