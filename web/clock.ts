// How the page writes times.

/** Returns `seconds` as `m:ss` or `h:mm:ss`, with tenths when `tenths` is set: 65.5 → `1:05.5`. */
export function formatTime(seconds: number, { tenths = false }: { tenths?: boolean } = {}): string {
  const parts = tenths ? Math.round(seconds * 10) / 10 : Math.floor(seconds + 1e-6);
  const hours = Math.floor(parts / 3600);
  const minutes = Math.floor(parts / 60) % 60;
  const rest = tenths ? (parts % 60).toFixed(1).padStart(4, '0') : String(parts % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** Returns a span of time in words for people who listen: 65.5 → `1 minute 5 seconds`. */
export function spokenTime(seconds: number): string {
  const whole = Math.round(seconds);
  const units: [number, string][] = [
    [Math.floor(whole / 3600), 'hour'],
    [Math.floor(whole / 60) % 60, 'minute'],
    [whole % 60, 'second'],
  ];
  const said = units.filter(([count, unit]) => count > 0 || (unit === 'second' && whole < 60));
  return said.map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`).join(' ');
}

/** Returns how long ago an ISO time was, in words: `just now`, `5 min ago`, `3 h ago`, or its date. */
export function formatAge(iso: string, nowMs: number): string {
  const minutes = Math.floor((nowMs - Date.parse(iso)) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return new Date(iso).toLocaleDateString();
}

/** Returns a number of bytes for people: `3.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(0)} kB`;
  return bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
