// A picture as it comes → the picture that the model looks at, in the words of ffmpeg's filters.
import type { FrameGeometry } from '../protocol/model.ts';

/** Widest picture after scaling, before the crop: the aspect ratio is the source's to choose. */
const MAX_SCALED_PX = 8_192;

/** Returns filters that bring pictures to the model's size: as people see them, so pixels that are not square are made square. */
export function geometryFilters({ sizePx, resizePx, resize, resample }: FrameGeometry): string[] {
  const quality = `flags=${FLAGS[resample]}+accurate_rnd+full_chroma_int+full_chroma_inp`;
  const side = (of: string, by: string) =>
    `if(lte(${of}\\,${by})\\,${resizePx}\\,min(trunc(${resizePx}*${of}/(${by}))\\,${MAX_SCALED_PX}))`;
  const scale =
    resize === 'exact' ? `${resizePx}:${resizePx}` : `w=${side('iw*sar', 'ih')}:h=${side('ih', 'iw*sar')}`;
  // The crop comes after the conversion: on subsampled chroma it could only begin at even pixels. Its middle is rounded
  // down, as the reference preprocessing does; ffmpeg's own default rounds up.
  const crop = `crop=${sizePx}:${sizePx}:trunc((iw-${sizePx})/2):trunc((ih-${sizePx})/2)`;
  return [`scale=${scale}:${quality}`, 'format=rgb24', crop];
}

// No parameters: plain bicubic is nearest to PIL's, which models are trained on; ffmpeg cuts a fraction such as 0.5 to 0.
const FLAGS: Record<FrameGeometry['resample'], string> = {
  nearest: 'neighbor',
  lanczos: 'lanczos',
  bilinear: 'bilinear',
  bicubic: 'bicubic',
  area: 'area',
};
