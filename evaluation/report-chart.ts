// Figures → bars, as SVG that needs nothing from anywhere.

export interface Bar {
  readonly name: string;
  /** 0..1. */
  readonly value: number;
  /** What is written behind the bar; the value in percent otherwise. */
  readonly text?: string;
  /** Drawn in the strong colour. */
  readonly isMain?: boolean;
}

const ROW_PX = 24;
const NAME_PX = 260;
const BAR_PX = 380;
const TEXT_PX = 90;

/** Returns horizontal bars, one a row. */
export function barChart(bars: readonly Bar[], title: string): string {
  const width = NAME_PX + BAR_PX + TEXT_PX;
  const rows = bars.map(({ name, value, text, isMain }, i) => {
    const top = i * ROW_PX;
    const length = Math.round(BAR_PX * Math.min(1, Math.max(0, value)));
    const label = text ?? `${(100 * value).toFixed(1)} %`;
    return [
      `<text class="name" x="${NAME_PX - 8}" y="${top + 16}">${escapeXml(name)}</text>`,
      `<rect class="${isMain ? 'main' : 'other'}" x="${NAME_PX}" y="${top + 4}" width="${length}" height="16" rx="2"/>`,
      `<text x="${NAME_PX + length + 6}" y="${top + 16}">${escapeXml(label)}</text>`,
    ].join('');
  });
  const height = bars.length * ROW_PX;
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">${rows.join('')}</svg>`;
}

/** Returns `text` with what has a meaning in XML and HTML written out. */
export function escapeXml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
