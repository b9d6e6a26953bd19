// Arrow keys on the timeline: left and right within a lane, up and down between lanes, Home and End to the ends of a lane.

/** Moves the focus from the block that has it to the one that the key means. */
export function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const { target, currentTarget, key } = event;
  if (!(target instanceof HTMLElement) || !target.classList.contains('block')) return;
  const lanes = [...currentTarget.querySelectorAll('.lane')]
    .map((lane) => [...lane.querySelectorAll<HTMLElement>('.block')])
    .filter((blocks) => blocks.length > 0);
  const row = lanes.findIndex((blocks) => blocks.includes(target));
  const lane = lanes[row] ?? [];
  const place = lane.indexOf(target);
  const targets: Record<string, () => HTMLElement | undefined> = {
    ArrowLeft: () => lane[place - 1],
    ArrowRight: () => lane[place + 1],
    Home: () => lane[0],
    End: () => lane.at(-1),
    ArrowUp: () => nearest(lanes[row - 1], target),
    ArrowDown: () => nearest(lanes[row + 1], target),
  };
  const move = targets[key];
  if (!move) return;
  event.preventDefault();
  move()?.focus();
}

function nearest(lane: readonly HTMLElement[] | undefined, from: HTMLElement): HTMLElement | undefined {
  const distance = (block: HTMLElement) => Math.abs(Number(block.dataset.start) - Number(from.dataset.start));
  return lane?.toSorted((a, b) => distance(a) - distance(b))[0];
}
