// docs/asyncapi.yaml: what it says is what the protocol's schemas say, and a foreign parser accepts it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Parser } from '@asyncapi/parser';
import { expect, test } from 'vitest';
import { asyncapiDocument } from '../../gateway/asyncapi.ts';
import { EVENT_TYPES } from '../../protocol/event.ts';
import { ClientMessage, ServerMessage } from '../../protocol/socket.ts';

const FILE = join(import.meta.dirname, '../../docs/asyncapi.yaml');

test('the document is the one of the schemas; `vitest run -u` writes it anew', async () => {
  await expect(asyncapiDocument()).toMatchFileSnapshot(FILE);
});

test('the parser of AsyncAPI has nothing against it, its examples included', async () => {
  const { document, diagnostics } = await new Parser().parse(await readFile(FILE, 'utf8'));
  const complaints = diagnostics.filter(({ severity }) => severity < 2);
  expect(complaints.map(({ message, path }) => `${path.join('.')}: ${message}`)).toEqual([]);
  expect(document?.operations().all()).toHaveLength(2);
});

test('its examples are messages of the protocol, and every kind of message has one', async () => {
  const { document } = await new Parser().parse(await readFile(FILE, 'utf8'));
  const types = new Set<string>();
  for (const operation of document?.operations().all() ?? []) {
    const schema = operation.isReceive() ? ClientMessage : ServerMessage;
    for (const message of operation.messages().all()) {
      for (const example of message.examples().all()) types.add(schema.parse(example.payload()).type);
    }
  }
  for (const type of EVENT_TYPES) {
    // These two have the shape of `action.started`.
    if (type !== 'action.updated' && type !== 'action.ended') expect(types).toContain(type);
  }
  for (const type of ['subscribe', 'unsubscribe', 'ping', 'subscribed', 'unsubscribed', 'pong', 'error']) {
    expect(types).toContain(type);
  }
});
