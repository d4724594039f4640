// Package node has the tests of packages dpop, issue and denylist with programs of Node.js: npm's
// oauth4webapi, openid-client and dpop are the clients of a server of this module, and oidc-provider
// issues their tokens. dpop.Transport is a client of oidc-provider and of oauth4webapi's verifier.
// npm's jose verifies the tokens of package issue. oidc-provider tells package denylist of logouts.
// The MCP SDK of npm is the client of _example/mcp.
package node
