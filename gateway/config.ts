// The environment of a gateway.
import { z } from 'zod';
import { commonConfig, type Environment, integer, list, loadConfig } from '../runtime/config.ts';

export const GatewayConfigSchema = z.object({
  ...commonConfig,
  GATEWAY_HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  GATEWAY_PORT: integer({ min: 0, max: 65_535, fallback: 8_787 }).describe(
    'Port to listen on; 0: any free one.',
  ),
  MEDIA_DIRS: list(':', '.').describe('Directories that a `path` may name, separated by `:`.'),
  SOURCE_NETWORKS: list(',').describe(
    'CIDRs that a `url` may reach beside the public internet, separated by commas (a camera LAN: 192.168.1.0/24).',
  ),
});
export type GatewayConfig = z.output<typeof GatewayConfigSchema>;

/** Returns the config of a gateway. @throws E_CONFIG naming every wrong variable. */
export function loadGatewayConfig(env: Environment = process.env): GatewayConfig {
  return loadConfig(GatewayConfigSchema, env);
}
