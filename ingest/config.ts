// The environment of an ingest.
import { z } from 'zod';
import { commonConfig, type Environment, integer, list, loadConfig } from '../runtime/config.ts';
import { monitorConfig } from '../runtime/monitor.ts';

export const IngestConfigSchema = z.object({
  ...commonConfig,
  ...monitorConfig,
  MEDIA_DIRS: list(':', '.').describe('Directories that a `path` may name, separated by `:`.'),
  SOURCE_NETWORKS: list(',').describe(
    'CIDRs that a `url` may reach beside the public internet, separated by commas (a camera LAN: 192.168.1.0/24).',
  ),
  FFMPEG_PATH: z
    .string()
    .optional()
    .describe('ffmpeg to run. Unset: the one of ffmpeg-static, else of the PATH.'),
  INGEST_STREAMS: integer({ min: 1, max: 1_000, fallback: 16 }).describe(
    'Streams that one ingest runs at a time.',
  ),
  RETENTION_SECONDS: integer({ min: 60, max: 604_800, fallback: 7_200 }).describe(
    'Media seconds of embeddings kept per stream, and how long a stream is kept after its end.',
  ),
  WINDOWS_IN_FLIGHT: integer({ min: 2, max: 64, fallback: 8 }).describe(
    'Windows of one stream that wait or are worked on; bounds the memory a stream takes in Redis.',
  ),
});
export type IngestConfig = z.output<typeof IngestConfigSchema>;

/** Returns the config of an ingest. @throws E_CONFIG naming every wrong variable. */
export function loadIngestConfig(env: Environment = process.env): IngestConfig {
  return loadConfig(IngestConfigSchema, env);
}
