// Names that a client needs to open a socket. Apart from the schemas, so that a page that opens one need not carry zod.

/** The WebSocket subprotocol of v1. Offering it is optional; a token may travel beside it, see {@link TOKEN_PROTOCOL}. */
export const SOCKET_PROTOCOL = 'verbcast.v1';
/**
 * A browser cannot set headers on a WebSocket: its token is offered as a second subprotocol, this followed by the token.
 * The gateway chooses the first one, so that the token is not sent back.
 */
export const TOKEN_PROTOCOL = 'bearer.';
/** Characters that a token may have: those that fit into a header, a subprotocol and a shell. */
export const TOKEN_TEXT = /^[A-Za-z0-9._~+-]+$/;
