// events → what is seen of them: JSON lines, a live picture on a terminal, or lines that only append.
import { setTimeout as delay } from 'node:timers/promises';
import type { FrameScores, StreamEvent } from '../protocol/event.ts';
import type { Ink } from './ink.ts';
import type { Screen } from './screen.ts';
import { lastingLine, liveLines, plainLine, type WatchFrame } from './watch-lines.ts';
import { applyEvent, applyFrame, INITIAL_WATCH, type WatchState } from './watch-state.ts';

/** Without a terminal a line on progress is printed this often, or after this share of the media. */
const PLAIN_EVERY_MS = 3_000;
const PLAIN_EVERY_SHARE = 0.1;

/** Shows events one by one; `state` is what they amount to so far. */
export interface Show {
  readonly state: WatchState;
  event(event: StreamEvent): Promise<void>;
}

export interface ShowOptions {
  readonly screen: Screen;
  readonly ink: Ink;
  readonly title: string;
  readonly model: string;
  /** Length of the media in seconds, once it is known. */
  readonly durationSeconds: () => number | null;
  /** Media seconds shown per second; as fast as events come when it is left out. Only with a terminal. */
  readonly speed?: number;
  readonly signal: AbortSignal;
}

/** Returns a show that prints every event as one line of JSON, and nothing else. */
export function showJson(output: { write(text: string): unknown }): Show {
  let state = INITIAL_WATCH;
  return {
    get state() {
      return state;
    },
    async event(event) {
      state = applyEvent(state, event);
      output.write(`${JSON.stringify(event)}\n`);
    },
  };
}

/** Returns a show on `screen`: live lines where it is a terminal, else a line per action and one on progress at times. */
export function showOnScreen(options: ShowOptions): Show {
  return options.screen.live ? showLive(options) : showPlain(options);
}

function showLive({ screen, ink, title, model, durationSeconds, speed, signal }: ShowOptions): Show {
  let state = INITIAL_WATCH;
  const draw = () => {
    const frame: WatchFrame = {
      title,
      model,
      durationSeconds: durationSeconds(),
      columns: screen.columns,
      ink,
    };
    screen.draw(liveLines(state, frame));
  };
  const showFrame = async (scores: FrameScores) => {
    const seconds = Math.max(0, scores.media - state.media);
    state = applyFrame(state, scores);
    draw();
    if (speed !== undefined) await delay((seconds / speed) * 1_000, undefined, { signal });
  };
  draw();
  return {
    get state() {
      return state;
    },
    async event(event) {
      if (event.type === 'scores') {
        for (const frame of event.frames) await showFrame(frame);
        return;
      }
      state = applyEvent(state, event);
      const line = lastingLine(event, ink);
      if (line !== undefined) screen.print(line);
      draw();
    },
  };
}

function showPlain({ screen, ink, durationSeconds }: ShowOptions): Show {
  let state = INITIAL_WATCH;
  let printedAt = Date.now();
  let printedMedia = 0;
  const isDue = () => {
    const share = (state.media - printedMedia) / (durationSeconds() ?? Number.POSITIVE_INFINITY);
    return Date.now() - printedAt >= PLAIN_EVERY_MS || share >= PLAIN_EVERY_SHARE;
  };
  const printProgress = () => {
    if (!isDue()) return;
    printedAt = Date.now();
    printedMedia = state.media;
    screen.print(plainLine(state, { durationSeconds: durationSeconds() }));
  };
  return {
    get state() {
      return state;
    },
    async event(event) {
      if (event.type === 'scores') {
        for (const frame of event.frames) {
          state = applyFrame(state, frame);
          printProgress();
        }
        return;
      }
      state = applyEvent(state, event);
      const line = lastingLine(event, ink);
      if (line !== undefined) screen.print(line);
    },
  };
}
