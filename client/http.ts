// client ═══ REST ═══▶ gateway.
import type { Problem } from '../protocol/rest.ts';
import { unreachable, VerbcastError } from './error.ts';
import { type TokenSource, tokenOf } from './token.ts';

/** One request. `query` values that are undefined are left out, lists are repeated; `body` is sent as JSON, `raw` as it is. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'HEAD';
  /** Below the gateway's URL, without a leading slash. */
  path: string;
  query?: Record<string, string | number | boolean | readonly string[] | undefined>;
  headers?: Record<string, string>;
  body?: unknown;
  raw?: Blob;
  signal?: AbortSignal | undefined;
}

export interface Http {
  /** Returns the answer, whose status is below 300. @throws VerbcastError otherwise, and when nobody answers. */
  send(request: HttpRequest): Promise<Response>;
  /**
   * Returns the answer's JSON. It is trusted to have the documented shape: a client that refused a field it does not know
   * would break with every gateway that is newer than itself.
   */
  json<T>(request: HttpRequest): Promise<T>;
}

/** Returns the sender of requests to the gateway at `base`, whose path ends with a slash. */
export function createHttp({
  base,
  token: source,
  fetch,
}: {
  base: URL;
  token?: TokenSource | undefined;
  fetch: typeof globalThis.fetch;
}): Http {
  const send = async ({ method, path, query = {}, headers = {}, body, raw, signal }: HttpRequest) => {
    const url = new URL(path, base);
    for (const [name, value] of Object.entries(query)) {
      const values = typeof value === 'object' ? value : value === undefined ? [] : [String(value)];
      for (const one of values) url.searchParams.append(name, one);
    }
    const token = await tokenOf(source);
    const payload = body === undefined ? raw : JSON.stringify(body);
    const request: RequestInit = {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(payload === undefined ? {} : { body: payload }),
      ...(signal ? { signal } : {}),
    };
    const response = await fetch(url, request).catch((cause: unknown) => {
      if (signal?.aborted) throw signal.reason;
      throw unreachable(base.origin, cause);
    });
    if (!response.ok) throw await failureOf(response);
    return response;
  };
  return { send, json: async <T>(request: HttpRequest) => (await (await send(request)).json()) as T };
}

async function failureOf(response: Response): Promise<VerbcastError> {
  const { status } = response;
  const problem = parseProblem(await response.text().catch(() => ''));
  if (problem) return new VerbcastError(problem);
  // A proxy in between, or another server altogether.
  const detail = `Expected an answer of a Verbcast gateway, got ${status} ${response.statusText} from ${response.url}.`;
  return new VerbcastError({ code: 'E_GATEWAY_UNREACHABLE', detail, status, retry: status >= 500 });
}

/** The resumable uploads answer with problems too, but cannot say so in the content type. */
function parseProblem(text: string): Problem | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const isProblem = typeof body === 'object' && body !== null && 'code' in body && 'detail' in body;
    return isProblem ? (body as Problem) : undefined;
  } catch {
    return undefined;
  }
}
