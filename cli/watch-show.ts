// events → what is seen of them: JSON lines, a live picture on a terminal, or lines that only append.
import { setTimeout as delay } from 'node:timers/promises';
import type { StreamEvent } from '../protocol/event.ts';
import type { Ink } from './ink.ts';
import type { Screen } from './screen.ts';
import { lastingLine, liveLines, plainLine, type WatchFrame } from './watch-lines.ts';
import { inMediaOrder, type Moment } from './watch-moments.ts';
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
  /** Once it is aborted, `speed` counts no more. */
  readonly hurry: AbortSignal;
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

function showLive({ screen, ink, title, model, durationSeconds, speed, hurry }: ShowOptions): Show {
  const moments = inMediaOrder();
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
  const showMoment = async (moment: Moment) => {
    const before = state.media;
    state = applyMoment(state, moment);
    const line = moment.kind === 'event' ? lastingLine(moment.event, ink) : undefined;
    if (line !== undefined) screen.print(line);
    draw();
    if (speed === undefined || moment.kind === 'event') return;
    const pauseMs = ((state.media - before) / speed) * 1_000;
    await delay(pauseMs, undefined, { signal: hurry }).catch(() => undefined);
  };
  draw();
  return {
    get state() {
      return state;
    },
    async event(event) {
      for (const moment of moments(event)) await showMoment(moment);
    },
  };
}

function showPlain({ screen, ink, durationSeconds }: ShowOptions): Show {
  const moments = inMediaOrder();
  let state = INITIAL_WATCH;
  let printedAt = Date.now();
  let printedMedia = 0;
  const isDue = () => {
    const share = (state.media - printedMedia) / (durationSeconds() ?? Number.POSITIVE_INFINITY);
    return Date.now() - printedAt >= PLAIN_EVERY_MS || share >= PLAIN_EVERY_SHARE;
  };
  const showMoment = (moment: Moment) => {
    state = applyMoment(state, moment);
    if (moment.kind === 'event') {
      const line = lastingLine(moment.event, ink);
      if (line !== undefined) screen.print(line);
    } else if (isDue()) {
      printedAt = Date.now();
      printedMedia = state.media;
      screen.print(plainLine(state, { durationSeconds: durationSeconds() }));
    }
  };
  return {
    get state() {
      return state;
    },
    async event(event) {
      for (const moment of moments(event)) showMoment(moment);
    },
  };
}

function applyMoment(state: WatchState, moment: Moment): WatchState {
  return moment.kind === 'frame' ? applyFrame(state, moment.frame) : applyEvent(state, moment.event);
}
