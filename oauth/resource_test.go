package oauth_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
	"github.com/jwthttp/jwthttp/oauth"
)

func metadata(resource string) oauth.Metadata {
	return oauth.Metadata{Resource: resource, AuthorizationServers: []string{issuer}}
}

// signedMetadata returns a JWT that nobody has signed.
func signedMetadata(alg, claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"`+alg+`"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("signature"))
}

func mustResource(t testing.TB, m oauth.Metadata) *oauth.Resource {
	t.Helper()
	r, err := oauth.NewResource(m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// RFC 9728 section 3.1 says where the document is.
func TestWellKnown(t *testing.T) {
	const place = "/.well-known/oauth-protected-resource"
	for _, tc := range []struct{ resource, url, path string }{
		{"https://api.example.com", "https://api.example.com" + place, place},
		{"https://api.example.com/", "https://api.example.com" + place, place},
		{"https://resource.example.com/resource1", "https://resource.example.com" + place + "/resource1", place + "/resource1"},
		{"https://api.example.com/mcp/", "https://api.example.com" + place + "/mcp/", place + "/mcp/"},
		{"https://api.example.com/a/b/c", "https://api.example.com" + place + "/a/b/c", place + "/a/b/c"},
		{"https://api.example.com?tenant=acme", "https://api.example.com" + place + "?tenant=acme", place},
		{"https://api.example.com/?tenant=acme", "https://api.example.com" + place + "?tenant=acme", place},
		{"https://api.example.com/mcp?a=1&b=2", "https://api.example.com" + place + "/mcp?a=1&b=2", place + "/mcp"},
		{"https://api.example.com:8443/mcp", "https://api.example.com:8443" + place + "/mcp", place + "/mcp"},
		{"https://api.example.com/a%20b%2Fc", "https://api.example.com" + place + "/a%20b%2Fc", place + "/a%20b%2Fc"},
		{"https://api.example.com/{tenant}", "https://api.example.com" + place + "/%7Btenant%7D", place + "/%7Btenant%7D"},
		{"https://api.example.com/~alice/.well-knownish", "https://api.example.com" + place + "/~alice/.well-knownish", place + "/~alice/.well-knownish"},
		{"http://localhost:8080/mcp", "http://localhost:8080" + place + "/mcp", place + "/mcp"},
		{"http://127.0.0.1", "http://127.0.0.1" + place, place},
		{"http://[::1]:8080/mcp", "http://[::1]:8080" + place + "/mcp", place + "/mcp"},
	} {
		t.Run(tc.resource, func(t *testing.T) {
			r := mustResource(t, metadata(tc.resource))
			if r.URL() != tc.url || r.Path() != tc.path {
				t.Errorf("URL %s, path %s", r.URL(), r.Path())
			}
			// New accepts every URL that URL returns, and a mux accepts every path that Path
			// returns.
			mustNew[oauth.Claims](t, key(), jwthttp.Options{ResourceMetadata: r.URL()})
			mux := http.NewServeMux()
			mux.Handle(r.Path(), r)
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest("GET", r.URL(), nil))
			if w.Code != 200 || decode[oauth.Metadata](t, w.Body.String()).Resource != tc.resource {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

func TestDocument(t *testing.T) {
	m := oauth.Metadata{
		Resource:               audience,
		AuthorizationServers:   []string{issuer, "http://127.0.0.1:9000/realms/a"},
		ScopesSupported:        []string{"read", "write"},
		BearerMethodsSupported: []string{"header", "body", "query"},
		ResourceName:           "Orders <&> \"more\"",
		ResourceDocumentation:  "https://example.com/docs?a=1&b=2#auth",
		ResourcePolicyURI:      "https://example.com/policy",
		ResourceTOSURI:         "https://example.com/terms",

		JWKSURI:                               "https://api.example.com/jwks?a=1&b=2",
		DPoPSigningAlgValuesSupported:         []string{"ES256", "Ed25519"},
		DPoPBoundAccessTokensRequired:         true,
		TLSClientCertificateBoundAccessTokens: true,
		ResourceSigningAlgValuesSupported:     []string{"PS256", "HS256"},
		AuthorizationDetailsTypesSupported:    []string{"payment_initiation"},
		SignedMetadata:                        signedMetadata("ES256", `{"iss":"https://issuer.example.com","resource":"https://api.example.com/mcp"}`),
	}
	const want = `{"resource":"https://api.example.com/mcp","authorization_servers":["https://issuer.example.com","http://127.0.0.1:9000/realms/a"],` +
		`"scopes_supported":["read","write"],"bearer_methods_supported":["header","body","query"],` +
		`"jwks_uri":"https://api.example.com/jwks?a=1&b=2","dpop_signing_alg_values_supported":["ES256","Ed25519"],"dpop_bound_access_tokens_required":true,"tls_client_certificate_bound_access_tokens":true,` +
		`"resource_signing_alg_values_supported":["PS256","HS256"],"authorization_details_types_supported":["payment_initiation"],` +
		`"signed_metadata":"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlLmNvbSIsInJlc291cmNlIjoiaHR0cHM6Ly9hcGkuZXhhbXBsZS5jb20vbWNwIn0.c2lnbmF0dXJl",` +
		`"resource_name":"Orders <&> \"more\"",` +
		`"resource_documentation":"https://example.com/docs?a=1&b=2#auth","resource_policy_uri":"https://example.com/policy","resource_tos_uri":"https://example.com/terms"}` + "\n"
	r := mustResource(t, m)
	m.AuthorizationServers[0], m.ScopesSupported[0], m.BearerMethodsSupported[0] = "https://evil.example.com", "admin", "body"

	get := func(r *oauth.Resource) string {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", "https://evil.example.com/?resource=https://evil.example.com", nil))
		return w.Body.String()
	}
	if got := get(r); got != want {
		t.Errorf("document %s\nwant     %s", got, want)
	}
	const least = `{"resource":"https://api.example.com/mcp","authorization_servers":["https://issuer.example.com"],"bearer_methods_supported":["header"]}` + "\n"
	given := metadata(audience)
	if got := get(mustResource(t, given)); got != least {
		t.Errorf("document %s\nwant     %s", got, least)
	}
	empty := given
	empty.BearerMethodsSupported = []string{}
	if got := get(mustResource(t, empty)); got != least {
		t.Errorf("document %s\nwant     %s", got, least)
	}
	if given.BearerMethodsSupported != nil {
		t.Error("the caller's value has changed")
	}
}

func TestServeHTTP(t *testing.T) {
	r := mustResource(t, metadata(audience))
	mux := http.NewServeMux()
	mux.Handle(r.Path(), r)
	server := httptest.NewServer(mux)
	defer server.Close()
	// An outer handler may have set the same headers. A browser would ignore two values.
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		for _, name := range []string{"Access-Control-Allow-Origin", "Cache-Control", "Content-Type", "Content-Length", "Allow", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age"} {
			if slices.Contains(strings.Split(req.Header.Get("Sets"), " "), name) {
				w.Header().Set(name, "1")
			}
		}
		mux.ServeHTTP(w, req)
	}))
	defer inside.Close()
	const (
		body    = `{"resource":"https://api.example.com/mcp","authorization_servers":["https://issuer.example.com"],"bearer_methods_supported":["header"]}` + "\n"
		refused = "Method Not Allowed\n"
	)
	document := map[string]string{
		"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=3600", "Content-Type": "application/json", "Content-Length": fmt.Sprint(len(body)),
	}
	preflight := map[string]string{
		"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET, HEAD", "Access-Control-Allow-Headers": "*", "Access-Control-Max-Age": "3600", "Allow": "GET, HEAD, OPTIONS",
	}
	notAllowed := map[string]string{
		"Access-Control-Allow-Origin": "*", "Allow": "GET, HEAD, OPTIONS", "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", "Content-Length": fmt.Sprint(len(refused)),
	}
	for _, tc := range []struct {
		name, method string
		headers      []string
		status       int
		want         map[string]string // every header but Date
		body         string
	}{
		{"GET", "GET", nil, 200, document, body},
		{"from another origin", "GET", []string{"Origin", "https://client.example.net", "MCP-Protocol-Version", "2025-06-18"}, 200, document, body},
		{"with a cookie and a bad token", "GET", []string{"Cookie", "a=b", "Authorization", "Bearer !"}, 200, document, body},
		{"HEAD", "HEAD", nil, 200, document, ""},
		{"preflight", "OPTIONS", []string{"Origin", "https://client.example.net", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "mcp-protocol-version"}, 204, preflight, ""},
		{"OPTIONS", "OPTIONS", nil, 204, preflight, ""},
		{"POST", "POST", nil, 405, notAllowed, refused},
		{"PUT", "PUT", nil, 405, notAllowed, refused},
		{"DELETE", "DELETE", nil, 405, notAllowed, refused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sets := append([]string{"Sets", strings.Join(slices.Collect(maps.Keys(tc.want)), " ")}, tc.headers...)
			for _, a := range []answer{send(t, tc.method, server.URL+r.Path(), tc.headers...), send(t, tc.method, inside.URL+r.Path(), sets...)} {
				got := map[string]string{}
				for name, values := range a.Header {
					got[name] = strings.Join(values, "|")
				}
				delete(got, "Date")
				if a.StatusCode != tc.status || a.body != tc.body || !maps.Equal(got, tc.want) {
					t.Errorf("%d %q\nheaders %v\nwant    %v", a.StatusCode, a.body, got, tc.want)
				}
			}
		})
	}
	// net/http would drop the body of a HEAD, but other servers might not.
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("HEAD", "/", nil))
	if w.Body.Len() > 0 {
		t.Errorf("HEAD with a body: %s", w.Body)
	}
}

func TestBesideACatchAll(t *testing.T) {
	r := mustResource(t, metadata(audience))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", http.NotFound)
	mux.Handle("GET "+r.Path(), r)
	mux.Handle("OPTIONS "+r.Path(), r)
	for method, want := range map[string]int{"GET": 200, "HEAD": 200, "OPTIONS": 204, "POST": 405} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(method, r.Path(), nil))
		if w.Code != want {
			t.Errorf("%s: %d", method, w.Code)
		}
	}
}

func TestMisuse(t *testing.T) {
	resource := func(s string) oauth.Metadata { return metadata(s) }
	server := func(s ...string) oauth.Metadata {
		return oauth.Metadata{Resource: audience, AuthorizationServers: s}
	}
	with := func(change func(*oauth.Metadata)) oauth.Metadata {
		m := metadata(audience)
		change(&m)
		return m
	}
	const like = "write it like https://api.example.com/mcp"
	for _, tc := range []struct {
		name string
		m    oauth.Metadata
		want string
	}{
		{"no resource", resource(""), `Metadata.Resource: "" does not begin with https://: ` + like},
		{"a bare host", resource("api.example.com"), `Metadata.Resource: "api.example.com" does not begin with https://: ` + like},
		{"a port alone", resource("https://:8080/mcp"), `Metadata.Resource: "https://:8080/mcp" names no host: ` + like},
		{"a URN", resource("urn:example:orders"), `Metadata.Resource: "urn:example:orders" does not begin with https://: ` + like},
		{"no URL", resource("https://api example.com"), `Metadata.Resource: it is not a URL: ` + like},
		{"http", resource("http://api.example.com"), `Metadata.Resource: "http://api.example.com" is plain http, which others can change on the way; only loopback, such as http://127.0.0.1, may use it: ` + like},
		{"http of a private address", resource("http://10.0.0.1"), `Metadata.Resource: "http://10.0.0.1" is plain http, which others can change on the way; only loopback, such as http://127.0.0.1, may use it: ` + like},
		{"http of a name that begins so", resource("http://localhost.example.com"), `Metadata.Resource: "http://localhost.example.com" is plain http, which others can change on the way; only loopback, such as http://127.0.0.1, may use it: ` + like},
		{"ftp", resource("ftp://localhost/x"), `Metadata.Resource: "ftp://localhost/x" is not an https URL: ` + like},
		{"a fragment", resource("https://api.example.com/mcp#x"), `Metadata.Resource: "https://api.example.com/mcp" has a fragment (#): ` + like},
		{"an empty fragment", resource("https://api.example.com/mcp#"), `Metadata.Resource: "https://api.example.com/mcp" has a fragment (#): ` + like},
		{"a password", resource("https://alice:hunter2@api.example.com"), `Metadata.Resource: it has a user or password, which end up in logs: ` + like},
		{"a quote", resource(`https://api.example.com/"x`), `Metadata.Resource: "https://api.example.com/\"x" has other characters than printable ASCII without spaces, quotes and backslashes: ` + like},
		{"a quote in the query", resource(`https://api.example.com/?"`), `Metadata.Resource: "https://api.example.com/" has other characters than printable ASCII without spaces, quotes and backslashes: ` + like},
		{"a backslash", resource(`https://api.example.com/\x`), `Metadata.Resource: "https://api.example.com/\\x" has other characters than printable ASCII without spaces, quotes and backslashes: ` + like},
		{"a space", resource(`https://api.example.com/a b`), `Metadata.Resource: "https://api.example.com/a b" has other characters than printable ASCII without spaces, quotes and backslashes: ` + like},
		{"an umlaut", resource("https://api.example.com/ä"), `Metadata.Resource: "https://api.example.com/ä" has other characters than printable ASCII without spaces, quotes and backslashes: ` + like},
		{"DEL", resource("https://api.example.com/?\x7f"), `Metadata.Resource: it is not a URL: ` + like},
		{"a password without a scheme", resource("alice:hunter2@api.example.com"), `Metadata.Resource: it has a user or password, which end up in logs: ` + like},
		{"a password without a host", resource("https://:8443/alice:hunter2@x"), `Metadata.Resource: it has a user or password, which end up in logs: ` + like},
		{"an empty query", resource("https://api.example.com/mcp?"), `Metadata.Resource: "https://api.example.com/mcp?" has a query (?) with nothing in it: leave the ? out`},
		{"well-known further in", resource("https://api.example.com/a/.well-known/b"), `Metadata.Resource: "https://api.example.com/a/.well-known/b" is the address of metadata: leave out /.well-known and the segment after it`},
		{"the document itself", resource("https://api.example.com/.well-known/oauth-protected-resource"), `Metadata.Resource: "https://api.example.com/.well-known/oauth-protected-resource" is the address of metadata: leave out /.well-known and the segment after it`},
		{"well-known at the end", resource("https://api.example.com/.well-known"), `Metadata.Resource: "https://api.example.com/.well-known" is the address of metadata: leave out /.well-known and the segment after it`},
		{"dots in the path", resource("https://api.example.com/a/../b"), `Metadata.Resource: "https://api.example.com/a/../b" has an empty segment, . or .. in its path: write "/b"`},
		{"an empty segment", resource("https://api.example.com//mcp"), `Metadata.Resource: "https://api.example.com//mcp" has an empty segment, . or .. in its path: write "/mcp"`},
		{"two slashes", resource("https://api.example.com//"), `Metadata.Resource: "https://api.example.com//" has an empty segment, . or .. in its path: write "/"`},

		{"no server", server(), `Metadata.AuthorizationServers is empty, so that a client would not know where to get a token: add the issuer`},
		{"an empty server", server(issuer, ""), `Metadata.AuthorizationServers: "" does not begin with https://: write it like https://issuer.example.com`},
		{"a server over http", server("http://issuer.example.com"), `Metadata.AuthorizationServers: "http://issuer.example.com" is plain http, which others can change on the way; only loopback, such as http://127.0.0.1, may use it: write it like https://issuer.example.com`},
		{"a server with a query", server(issuer + "?a"), `Metadata.AuthorizationServers: "https://issuer.example.com?a" has a query (?), which no issuer has: leave it out`},
		{"a server with an empty query", server(issuer + "?"), `Metadata.AuthorizationServers: "https://issuer.example.com?" has a query (?) with nothing in it: leave the ? out`},
		{"a server with a fragment", server(issuer + "#a"), `Metadata.AuthorizationServers: "https://issuer.example.com" has a fragment (#): write it like https://issuer.example.com`},
		{"the metadata of a server", server(issuer + "/.well-known/openid-configuration"), `Metadata.AuthorizationServers: "https://issuer.example.com/.well-known/openid-configuration" is the address of metadata: leave out /.well-known and the segment after it`},

		{"an empty scope", with(func(m *oauth.Metadata) { m.ScopesSupported = []string{"read", ""} }), `Metadata.ScopesSupported has "", which is not a scope: use printable ASCII without spaces, quotes and backslashes, and one string for each scope`},
		{"DEL in a scope", with(func(m *oauth.Metadata) { m.ScopesSupported = []string{"read\x7f"} }), `Metadata.ScopesSupported has "read\x7f", which is not a scope: use printable ASCII without spaces, quotes and backslashes, and one string for each scope`},
		{"two scopes in one", with(func(m *oauth.Metadata) { m.ScopesSupported = []string{"read write"} }), `Metadata.ScopesSupported has "read write", which is not a scope: use printable ASCII without spaces, quotes and backslashes, and one string for each scope`},
		{"a method", with(func(m *oauth.Metadata) { m.BearerMethodsSupported = []string{"header", "cookie"} }), `Metadata.BearerMethodsSupported has "cookie": use header, body or query`},
		{"a name", with(func(m *oauth.Metadata) { m.ResourceName = "\xff" }), `Metadata.ResourceName is not UTF-8: check where it comes from`},
		{"documentation", with(func(m *oauth.Metadata) { m.ResourceDocumentation = "javascript://x/%0aalert(1)" }), `Metadata.ResourceDocumentation: "javascript://x/%0aalert(1)" is not an https URL: ` + like},
		{"policy", with(func(m *oauth.Metadata) { m.ResourcePolicyURI = "/policy" }), `Metadata.ResourcePolicyURI: "/policy" does not begin with https://: ` + like},
		{"terms", with(func(m *oauth.Metadata) { m.ResourceTOSURI = "http://example.com" }), `Metadata.ResourceTOSURI: "http://example.com" is plain http, which others can change on the way; only loopback, such as http://127.0.0.1, may use it: ` + like},
		{"keys", with(func(m *oauth.Metadata) { m.JWKSURI = "http://api.example.com/jwks" }), `Metadata.JWKSURI: "http://api.example.com/jwks" is plain http, which others can change on the way; only loopback, such as http://127.0.0.1, may use it: ` + like},
		{"keys at a password", with(func(m *oauth.Metadata) { m.JWKSURI = "https://a:b@api.example.com/jwks" }), `Metadata.JWKSURI: it has a user or password, which end up in logs: ` + like},
		{"DPoP with a secret", with(func(m *oauth.Metadata) { m.DPoPSigningAlgValuesSupported = []string{"ES256", "HS256"} }), `Metadata.DPoPSigningAlgValuesSupported has "HS256": use those of public keys, such as ES256`},
		{"DPoP without a signature", with(func(m *oauth.Metadata) { m.DPoPSigningAlgValuesSupported = []string{"none"} }), `Metadata.DPoPSigningAlgValuesSupported has "none": use those of public keys, such as ES256`},
		{"two algorithms in one", with(func(m *oauth.Metadata) { m.DPoPSigningAlgValuesSupported = []string{"ES256 Ed25519"} }), `Metadata.DPoPSigningAlgValuesSupported has "ES256 Ed25519": use those of public keys, such as ES256`},
		{"an empty algorithm", with(func(m *oauth.Metadata) { m.ResourceSigningAlgValuesSupported = []string{""} }), `Metadata.ResourceSigningAlgValuesSupported has "": use names such as ES256, but not none`},
		{"answers without a signature", with(func(m *oauth.Metadata) { m.ResourceSigningAlgValuesSupported = []string{"None"} }), `Metadata.ResourceSigningAlgValuesSupported has "None": use names such as ES256, but not none`},
		{"an empty type", with(func(m *oauth.Metadata) { m.AuthorizationDetailsTypesSupported = []string{"a", ""} }), `Metadata.AuthorizationDetailsTypesSupported has "": use the type of authorization details, in UTF-8`},
		{"a type that is not UTF-8", with(func(m *oauth.Metadata) { m.AuthorizationDetailsTypesSupported = []string{"\xff"} }), `Metadata.AuthorizationDetailsTypesSupported has "\xff": use the type of authorization details, in UTF-8`},
		{"signed: no JWT", with(func(m *oauth.Metadata) { m.SignedMetadata = "a.b" }), `Metadata.SignedMetadata is not a JWT: pass three parts of base64url with a dot between them`},
		{"signed: a line break", with(func(m *oauth.Metadata) { m.SignedMetadata = signedMetadata("ES256", `{"iss":"a"}`) + "\n" }), `Metadata.SignedMetadata is not a JWT: pass three parts of base64url with a dot between them`},
		{"signed: no JSON", with(func(m *oauth.Metadata) { m.SignedMetadata = signedMetadata("ES256", `"iss"`) }), `Metadata.SignedMetadata is not a JWT: pass three parts of base64url with a dot between them`},
		{"signed: no signature", with(func(m *oauth.Metadata) {
			m.SignedMetadata = strings.TrimSuffix(signedMetadata("ES256", `{"iss":"a"}`), "c2lnbmF0dXJl")
		}), `Metadata.SignedMetadata is not a JWT: pass three parts of base64url with a dot between them`},
		{"signed: none", with(func(m *oauth.Metadata) { m.SignedMetadata = signedMetadata("none", `{"iss":"a"}`) }), `Metadata.SignedMetadata is not signed: use an alg such as ES256`},
		{"signed: no issuer", with(func(m *oauth.Metadata) { m.SignedMetadata = signedMetadata("ES256", `{}`) }), `Metadata.SignedMetadata has no iss: set it to the one who signs the metadata`},
		{"signed: another resource", with(func(m *oauth.Metadata) {
			m.SignedMetadata = signedMetadata("ES256", `{"iss":"a","resource":"https://b.example.com"}`)
		}), `Metadata.SignedMetadata is for the resource "https://b.example.com", and clients would refuse it: sign it for "https://api.example.com/mcp"`},

		{"all at once", oauth.Metadata{ScopesSupported: []string{""}, ResourceTOSURI: "x"}, `Metadata.Resource: "" does not begin with https://: ` + like + "\n" +
			`oauth: Metadata.AuthorizationServers is empty, so that a client would not know where to get a token: add the issuer` + "\n" +
			`oauth: Metadata.ScopesSupported has "", which is not a scope: use printable ASCII without spaces, quotes and backslashes, and one string for each scope` + "\n" +
			`oauth: Metadata.ResourceTOSURI: "x" does not begin with https://: ` + like},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := oauth.NewResource(tc.m)
			if r != nil || err == nil || err.Error() != "oauth: "+tc.want {
				t.Errorf("error %v\nwant  oauth: %s", err, tc.want)
			}
		})
	}
}

// Clients write these hosts in another way.
func TestOddHosts(t *testing.T) {
	for _, url := range []string{
		"https://API.example.com", "https://api.example.com:443/mcp", "http://localhost:80", "https://api.example.com:0", "https://api.example.com:99999", "https://api.example.com:08443",
		"https://api.example.com:", "https://.example.com", "https://api..example.com", "https://api.example.com.", "https://api,example.com", "https://a*b.example.com",
		"HTTPS://api.example.com", "https://127.1", "https://0x7f000001", "https://api.0x7f", "http://[0:0:0:0:0:0:0:1]", "https://[::1%25lo]", "https://[::FFFF]",
	} {
		_, err := oauth.NewResource(metadata(url))
		if err == nil || !strings.Contains(err.Error(), "has a scheme or host that clients would write differently") {
			t.Errorf("%s: %v", url, err)
		}
	}
	// Clients do not compare these URLs, so they may be written in any way.
	m := metadata(audience)
	m.AuthorizationServers = []string{"https://Login.Example.com:443/adfs"}
	m.ResourceDocumentation = "https://www.Example.com/docs"
	mustResource(t, m)
	for _, url := range []string{"https://api.example.com/@alice", "https://localhost:8443", "https://a_b.xn--bcher-kva.example:1/x", "https://10.0.0.1", "https://[2001:db8::1]:8443"} {
		if _, err := oauth.NewResource(metadata(url)); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

// An authorizationServer issues an access token for every resource that a client asks for, and
// an ID token with it.
func authorizationServer(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	reply := func(v map[string]any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { json.NewEncoder(w).Encode(v) }
	}
	public := map[string]string{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(private.Public().(ed25519.PublicKey))}
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", reply(map[string]any{
		"issuer": server.URL, "jwks_uri": server.URL + "/keys", "token_endpoint": server.URL + "/token",
	}))
	mux.HandleFunc("GET /keys", reply(map[string]any{"keys": []any{public}}))
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		reply(map[string]any{
			"access_token": sign(t, "at+jwt", accessToken(map[string]any{"iss": server.URL, "aud": r.FormValue("resource"), "scope": r.FormValue("scope")})),
			"id_token":     sign(t, "JWT", accessToken(map[string]any{"iss": server.URL, "aud": r.FormValue("resource"), "client_id": nil})),
		})(w, r)
	})
	return server
}

// A client that knows only the address of the service finds everything else by itself.
func TestClientFindsEverything(t *testing.T) {
	as := authorizationServer(t)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	service := server.URL + "/mcp"

	resource := mustResource(t, oauth.Metadata{Resource: service, AuthorizationServers: []string{as.URL}, ScopesSupported: []string{"read"}})
	keys, err := jwks.Discover(as.URL, jwks.Options{Audience: []string{service}})
	if err != nil {
		t.Fatal(err)
	}
	defer keys.Close()
	opts := mustAccessTokens(t, as.URL, service)
	opts.ResourceMetadata, opts.Realm = resource.URL(), "mcp"
	auth := mustNew[oauth.Claims](t, keys, opts)
	mux.Handle(resource.Path(), resource)
	mux.Handle("/mcp", auth.Handler(jwthttp.RequireScopes("read")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[oauth.Claims](r.Context())
		fmt.Fprintf(w, "%s by %s", claims.Subject, claims.ClientID)
	}))))

	a := send(t, "GET", service)
	challenge := a.Header.Get("WWW-Authenticate")
	if want := `Bearer realm="mcp", resource_metadata="` + server.URL + `/.well-known/oauth-protected-resource/mcp"`; a.StatusCode != 401 || challenge != want {
		t.Fatalf("%d, challenge %q, want %q", a.StatusCode, challenge, want)
	}
	_, quoted, _ := strings.Cut(challenge, `resource_metadata="`)
	place, _ := strings.CutSuffix(quoted, `"`)

	m := decode[oauth.Metadata](t, send(t, "GET", place).body)
	if m.Resource != service || !reflect.DeepEqual(m.AuthorizationServers, []string{as.URL}) || !reflect.DeepEqual(m.ScopesSupported, []string{"read"}) {
		t.Fatalf("metadata %+v", m)
	}
	found := decode[map[string]string](t, send(t, "GET", m.AuthorizationServers[0]+"/.well-known/oauth-authorization-server").body)
	form := url.Values{"resource": {m.Resource}, "scope": {m.ScopesSupported[0]}}
	tokens := decode[map[string]string](t, send(t, "POST", found["token_endpoint"]+"?"+form.Encode()).body)

	for _, tc := range []struct {
		name, token, want string
		status            int
	}{
		{"the access token", tokens["access_token"], "alice by s6BhdRkqt3", 200},
		{"the ID token", tokens["id_token"], `{"title":"Unauthorized","status":401,"detail":"The access token is of another type","error":"invalid_token"}` + "\n", 401},
	} {
		if a := send(t, "GET", service, "Authorization", "Bearer "+tc.token); a.StatusCode != tc.status || a.body != tc.want {
			t.Errorf("%s: %d %s", tc.name, a.StatusCode, a.body)
		}
	}
}

// Answers with a challenge lead a client to the document. No other answers do.
func TestChallenges(t *testing.T) {
	resource := mustResource(t, metadata(audience))
	const last = `, resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"`
	opts := mustAccessTokens(t, issuer, audience)
	opts.ResourceMetadata = resource.URL()
	opts.Extractors = []jwthttp.Extractor{jwthttp.BearerHeader(), jwthttp.Cookie("token")}
	auth := mustNew[oauth.Claims](t, key(), opts)
	down := mustNew[oauth.Claims](t, jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		return nil, errors.New("no network")
	}), opts)
	never := jwthttp.Require(func(oauth.Claims) error { return errors.New("never") })
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})
	mux := http.NewServeMux()
	mux.Handle("/", auth.Handler(jwthttp.RequireScopes("read")(handler)))
	mux.Handle("/never", auth.Handler(never(handler)))
	mux.Handle("/down", down.Handler(handler))
	server := httptest.NewServer(mux)
	defer server.Close()

	good := sign(t, "at+jwt", accessToken(map[string]any{"scope": "read"}))
	for _, tc := range []struct {
		name, method, path string
		headers            []string
		status             int
		challenge          string
	}{
		{"good", "GET", "/", []string{"Authorization", "Bearer " + good}, 200, ""},
		{"no token", "GET", "/", nil, 401, `Bearer realm="api"` + last},
		{"HEAD", "HEAD", "/", nil, 401, `Bearer realm="api"` + last},
		{"malformed", "GET", "/", []string{"Authorization", "Bearer a b"}, 400, `Bearer realm="api", error="invalid_request", error_description="The credential is malformed"` + last},
		{"two", "GET", "/", []string{"Authorization", "Bearer " + good, "Authorization", "Bearer " + good}, 400, `Bearer realm="api", error="invalid_request", error_description="The request carries more than one credential"` + last},
		{"ID token", "GET", "/", []string{"Authorization", "Bearer " + sign(t, "JWT", accessToken(nil))}, 401, `Bearer realm="api", error="invalid_token", error_description="The access token is of another type"` + last},
		{"expired", "GET", "/", []string{"Authorization", "Bearer " + sign(t, "at+jwt", accessToken(map[string]any{"exp": time.Now().Unix() - 1}))}, 401, `Bearer realm="api", error="invalid_token", error_description="The access token expired"` + last},
		{"a claim missing", "GET", "/", []string{"Authorization", "Bearer " + sign(t, "at+jwt", accessToken(map[string]any{"jti": nil}))}, 401, `Bearer realm="api", error="invalid_token", error_description="The access token was refused"` + last},
		{"scope missing", "GET", "/", []string{"Authorization", "Bearer " + sign(t, "at+jwt", accessToken(nil))}, 403, `Bearer realm="api", error="insufficient_scope", scope="read", error_description="The access token lacks a required scope"` + last},
		{"forbidden", "GET", "/never", []string{"Authorization", "Bearer " + good}, 403, ""},
		{"cross-origin", "POST", "/", []string{"Cookie", "token=" + good, "Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"unavailable", "GET", "/down", []string{"Authorization", "Bearer " + good}, 503, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := send(t, tc.method, server.URL+tc.path, tc.headers...)
			if got := strings.Join(a.Header.Values("WWW-Authenticate"), "|"); a.StatusCode != tc.status || got != tc.challenge {
				t.Errorf("%d, challenge %q\nwant %d, %q", a.StatusCode, got, tc.status, tc.challenge)
			}
		})
	}
}
