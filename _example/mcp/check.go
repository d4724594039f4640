package main

import "github.com/jwthttp/jwthttp/_example/internal/try"

func stepsWithoutToken(url string) []try.Step {
	metadata := url + "/.well-known/oauth-protected-resource/mcp"
	return []try.Step{
		try.Curl("no token, and an MCP client needs only this URL: the challenge names a document", "-X POST "+url+"/mcp", 401, `resource_metadata="`+metadata+`"`),
		try.Curl("the document names the issuer", metadata, 200, `"authorization_servers":["`),
	}
}

// stepsWithToken are for the endpoint /mcp. The endpoints /sessions and /sdk have the same tools.
func stepsWithToken(url, token string) []try.Step {
	call := func(tool, arguments string) string {
		return `-H "Authorization: Bearer $TOKEN" -H 'Accept: application/json, text/event-stream' --json '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":` + arguments + `}}' ` + url + "/mcp"
	}
	return []try.Step{
		try.Lines("a token of alice", "TOKEN="+token, ""),
		try.Curl("a tool knows who calls", call("whoami", "{}"), 200, `"text":"alice"`),
		try.Curl("a tool that the token has no scope for: the challenge says which", call("note", `{"text":"buy milk"}`), 403, `error="insufficient_scope", scope="notes:read notes:write"`),
	}
}
