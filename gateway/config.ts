// The environment of a gateway.
import { z } from 'zod';
import { commonConfig, type Environment, flag, integer, list, loadConfig } from '../runtime/config.ts';
import { tracingConfig } from '../runtime/tracing.ts';

const GIB = 2 ** 30;

export const GatewayConfigSchema = z.object({
  ...commonConfig,
  ...tracingConfig,
  GATEWAY_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address to listen on; any but loopback needs tokens or JWTs.'),
  GATEWAY_PORT: integer({ min: 0, max: 65_535, fallback: 8_787 }).describe(
    'Port to listen on; 0: any free one.',
  ),
  ALLOWED_ORIGINS: list(',').describe(
    'Origins of pages that may use this gateway beside its own, separated by commas (https://cams.example.org).',
  ),
  AUTH_TOKENS_FILE: z
    .string()
    .optional()
    .describe(
      'File of static tokens, one a line as `verbcast token create` prints it; read again when it changes.',
    ),
  AUTH_JWT_SECRET_FILE: z
    .string()
    .optional()
    .describe('File with the secret of HS256 JWTs: text of at least 32 bytes.'),
  AUTH_JWT_SECRET: z
    .string()
    .optional()
    .describe('The secret itself, where a file cannot be; other programs of this user can read it there.'),
  AUTH_JWKS_URL: z
    .string()
    .optional()
    .describe(
      'Where the issuer publishes its keys for RS256 and ES256 JWTs; https://, or http:// on loopback.',
    ),
  AUTH_JWKS_FILE: z.string().optional().describe('The same keys as a file; read at the start.'),
  AUTH_JWT_ISSUER: z.string().optional().describe('`iss` of every JWT; needed with any key of JWTs.'),
  AUTH_JWT_AUDIENCE: z.string().optional().describe('`aud` of every JWT; needed with any key of JWTs.'),
  AUTH_JWT_LEEWAY_SECONDS: integer({ min: 0, max: 300, fallback: 5 }).describe(
    'How far the clocks of the issuer and of this machine may be apart.',
  ),
  METRICS_PUBLIC: flag(false).describe(
    'Whether /metrics needs no token where tokens are asked for; otherwise one with the scope `admin`.',
  ),
  TRUSTED_PROXIES: list(',').describe(
    'Addresses or CIDRs of proxies whose X-Forwarded-For is believed, separated by commas.',
  ),
  MODEL: z
    .string()
    .optional()
    .describe('Model of streams that name none. Unset: one that a live worker serves, pocket last.'),
  MEDIA_DIRS: list(':', '.').describe('Directories that a `path` may name, separated by `:`.'),
  SOURCE_NETWORKS: list(',').describe(
    'CIDRs that a `url` may reach beside the public internet, separated by commas (a camera LAN: 192.168.1.0/24).',
  ),
  MAX_STREAMS: integer({ min: 1, max: 100_000, fallback: 1_000 }).describe(
    'Streams that are not over at the most; one more is refused with E_CAPACITY.',
  ),
  MAX_LIVE_FPS: z.coerce
    .number()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe(
      'Frames per second that all live streams together may ask for: what the workers can embed. 0: no limit.',
    ),
  ADMISSION: z
    .enum(['refuse', 'slow'])
    .default('refuse')
    .describe(
      'What happens to a live stream beyond MAX_LIVE_FPS: it is refused, or sampled slower, down to 0.5 frames per second.',
    ),
  RETENTION_SECONDS: integer({ min: 60, max: 604_800, fallback: 7_200 }).describe(
    'Media seconds of embeddings kept per stream, and how long a stream is kept after its end.',
  ),
  SOURCE_DEVICES: list(',').describe(
    'Video devices that a `path` may name, separated by commas (/dev/video0); Linux.',
  ),
  UPLOAD_MAX_BYTES: integer({ min: 1, max: 1_024 * GIB, fallback: 8 * GIB }).describe(
    'Size of one upload at the most.',
  ),
  UPLOADS_QUOTA_BYTES: integer({ min: 1, max: 1_024 * 1_024 * GIB, fallback: 32 * GIB }).describe(
    'Size of all uploads together at the most.',
  ),
  UPLOAD_KEEP_HOURS: integer({ min: 1, max: 87_600, fallback: 72 }).describe(
    'How long an upload is kept after its last byte came.',
  ),
  UPLOAD_STALL_SECONDS: integer({ min: 1, max: 3_600, fallback: 30 }).describe(
    'A request body of which less than 64 KiB come in this time is given up.',
  ),
  SOCKETS_PER_ADDRESS: integer({ min: 1, max: 100_000, fallback: 256 }).describe(
    'Open WebSockets from one address at the most.',
  ),
  SOCKETS_PER_TOKEN: integer({ min: 1, max: 100_000, fallback: 256 }).describe(
    'Open WebSockets with one static token, or of one subject of JWTs, at the most.',
  ),
  SOCKET_MESSAGES_PER_SECOND: integer({ min: 1, max: 10_000, fallback: 50 }).describe(
    'Messages that one WebSocket may send per second; bursts of twice as many are fine.',
  ),
});
export type GatewayConfig = z.output<typeof GatewayConfigSchema>;

/** Returns the config of a gateway. @throws E_CONFIG naming every wrong variable. */
export function loadGatewayConfig(env: Environment = process.env): GatewayConfig {
  return loadConfig(GatewayConfigSchema, env);
}
