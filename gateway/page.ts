// The live page, where it has been built.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const HINT = `Verbcast gateway.

The API is described at /docs. The live page is not built here: run \`npm run build\` to have it at this address.
`;

/** Serves the built page at `/`, or a hint where there is none. */
export async function servePage(app: FastifyInstance): Promise<void> {
  const root = join(packageRoot(), 'dist/web');
  if (!existsSync(join(root, 'index.html'))) {
    app.get('/', { schema: { hide: true } }, (_, reply) =>
      reply.type('text/plain; charset=utf-8').send(HINT),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root,
    wildcard: false,
    setHeaders: (reply, path) => {
      // Built file names hold a hash of their content, the page itself does not.
      const lasting = /[\\/]assets[\\/]/.test(path);
      reply.header('cache-control', lasting ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}

/** The nearest folder above with a package.json: this module runs from its source and from dist/. */
function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
