// Names that a client needs to open a socket. Apart from the schemas, so that a page that opens one need not carry zod.

/** The WebSocket subprotocol of v1. Offering it is optional; a token may travel beside it, see {@link TOKEN_PROTOCOL}. */
export const SOCKET_PROTOCOL = 'verbcast.v1';
/** A browser cannot set headers on a WebSocket: its token is offered as a second subprotocol, this followed by base64url. */
export const TOKEN_PROTOCOL = 'verbcast.token.';
