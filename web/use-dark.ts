// Whether the person's system asks for dark pages, now.
import { useEffect, useState } from 'preact/hooks';

/** Follows `prefers-color-scheme`: canvases do not change their colours by themselves. */
export function useDark(): boolean {
  const [query] = useState(() => matchMedia('(prefers-color-scheme: dark)'));
  const [dark, setDark] = useState(query.matches);
  useEffect(() => {
    const onChange = () => setDark(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, [query]);
  return dark;
}
