// A camera: GStreamer's RTSP server on loopback, which can be killed, frozen and started again on its port.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Service } from '../../runtime/shutdown.ts';

const SCRIPT = join(import.meta.dirname, '../fixtures/rtsp-server.py');
/** Debian's: it has the bindings that python3-gi installs. */
const PYTHON = '/usr/bin/python3';
const READY_MS = 20_000;

export interface RtspServer extends Service {
  readonly port: number;
  /** Returns the URL of `path` (`live`, `short`, or one that is not there), with the credentials if there are any. */
  url(path: string, credentials?: { user: string; password: string }): string;
  /** Freezes the server: connections stay open, nothing comes. */
  freeze(): void;
  thaw(): void;
  /** Ends the server as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again on the same port. */
  restart(): Promise<void>;
}

export interface RtspServerOptions {
  readonly credentials?: { readonly user: string; readonly password: string };
  readonly auth?: 'basic' | 'digest';
}

/** Starts a server on a free port. */
export async function startRtspServer({ credentials, auth }: RtspServerOptions = {}): Promise<RtspServer> {
  let child: ChildProcess;
  let port = 0;
  const start = async () => {
    const login = credentials ? ['--user', credentials.user, '--password', credentials.password] : [];
    const args = [SCRIPT, '--port', String(port), ...login, ...(auth ? ['--auth', auth] : [])];
    child = spawn(PYTHON, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    port = await readPort(child);
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  await start();
  return {
    get port() {
      return port;
    },
    url(path, login = credentials) {
      const user = login ? `${encodeURIComponent(login.user)}:${encodeURIComponent(login.password)}@` : '';
      return `rtsp://${user}127.0.0.1:${port}/${path}`;
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill,
    restart: start,
    close: kill,
  };
}

async function readPort(child: ChildProcess): Promise<number> {
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said = (said + chunk).slice(-4_000);
  });
  const signal = AbortSignal.timeout(READY_MS);
  const lines = child.stdout;
  if (!lines) throw new Error('Expected a pipe.');
  const exited = once(child, 'exit', { signal }).then(() => null);
  const [line] = (await Promise.race([once(lines, 'data', { signal }), exited])) ?? [''];
  const [, port] = /^ready (\d+)/.exec(String(line)) ?? [];
  exited.catch(() => undefined);
  if (port === undefined) {
    throw new Error(`Expected GStreamer's RTSP server to start; run scripts/setup.sh --test-tools. ${said}`);
  }
  return Number(port);
}
