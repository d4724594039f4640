package node

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/jwks"
)

// One process serves all tests but that of MCP, and one installation all of them.
func TestNode(t *testing.T) {
	p := startPeer(t)
	keys, err := jwks.Discover(p.Issuer, jwks.Options{Audience: []string{p.Resource}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keys.Close() })
	nonces, err := dpop.NewNonces([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	services := map[string]string{
		"defaults":       serve(t, keys, dpop.Options{}),
		"all algorithms": serve(t, keys, dpop.Options{Algorithms: all}),
		"nonces":         serve(t, keys, dpop.Options{Algorithms: all, Nonces: nonces}),
	}
	t.Run("clients", func(t *testing.T) { testClients(t, p, services) })
	t.Run("an algorithm that is not accepted", func(t *testing.T) { testUnlisted(t, p, services["defaults"]) })
	t.Run("MCP", func(t *testing.T) { testMCP(t, p.dir) })
	t.Run("URLs", func(t *testing.T) { testURLs(t, p, services["defaults"]) })
	t.Run("refusals", func(t *testing.T) { testRefusals(t, p, services["defaults"]) })
	t.Run("refused nonces", func(t *testing.T) { testNonces(t, p, services["nonces"]) })
	t.Run("Transport", func(t *testing.T) { testTransport(t, p, services["nonces"]) })
	t.Run("oauth4webapi verifies", func(t *testing.T) { testVerifier(t, p) })
	t.Run("jose verifies", func(t *testing.T) { testIssued(t, p) })
	t.Run("logout at the provider", func(t *testing.T) { testBackChannel(t, p) })
}

var all = []string{"ES256", "ES384", "ES512", "Ed25519", "PS256", "RS256"}

// serve starts a service. Its answers tell what the handler got.
func serve(t *testing.T, keys jwthttp.KeySource, opts dpop.Options) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	origin := "http://" + server.Listener.Addr().String()
	opts.Origins = []string{origin}
	proofs, err := dpop.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	auth, err := jwthttp.New[jwt.RegisteredClaims](keys, jwthttp.Options{Bindings: []jwthttp.Binding{proofs}})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](r.Context())
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s", claims.Subject, r.Method, r.RequestURI, body)
	}))
	server.Start()
	t.Cleanup(server.Close)
	return origin
}

// A reply is what a client of npm got.
type reply struct {
	Status     int
	Body       string
	Challenges []struct {
		Scheme     string
		Parameters map[string]string
	}
}

func testClients(t *testing.T, p *peer, services map[string]string) {
	// npm's dpop has fewer algorithms than the others.
	for client, algorithms := range map[string][]string{
		"oauth4webapi": all, "openid-client": all, "dpop": {"ES256", "Ed25519", "PS256", "RS256"},
	} {
		for _, alg := range algorithms {
			for profile, origin := range services {
				if profile == "defaults" && alg != "ES256" && alg != "Ed25519" {
					continue
				}
				t.Run(client+" "+alg+" "+profile, func(t *testing.T) {
					for _, body := range []string{"", "one more"} {
						call := map[string]any{"do": "call", "client": client, "alg": alg, "method": "GET", "url": origin + "/orders?limit=2"}
						want := "client GET /orders?limit=2 "
						if body != "" {
							call["method"], call["body"] = "POST", body
							want = "client POST /orders?limit=2 " + body
						}
						var got reply
						if p.do(t, call, &got); got.Status != 200 || got.Body != want {
							t.Errorf("%+v", got)
						}
					}
				})
			}
		}
	}
}

// The client reads why from the challenge.
func testUnlisted(t *testing.T, p *peer, origin string) {
	for _, client := range []string{"oauth4webapi", "openid-client"} {
		var got reply
		p.do(t, map[string]any{"do": "call", "client": client, "alg": "RS256", "method": "GET", "url": origin + "/"}, &got)
		if got.Status != 401 || len(got.Challenges) != 1 || got.Challenges[0].Scheme != "dpop" ||
			got.Challenges[0].Parameters["error"] != "invalid_dpop_proof" || got.Challenges[0].Parameters["algs"] != "ES256 Ed25519 EdDSA" {
			t.Errorf("%s: %+v", client, got)
		}
	}
}

// A proof for each of these has the URL as JavaScript writes it.
func testURLs(t *testing.T, p *peer, origin string) {
	for _, target := range []string{
		"", "/", "?a=b", "/#top", "/a b", "/%61%2f%2F%7e~", "/ä/%C3%A4/%e2%82%ac", "/a/../b/./c/", "//a//b", "/a;b=c,d",
		"/a|b", "/[x]", "/a^b", "/{id}", "/it's(a)*!$&+@:=_-.", "/<a>", "/`", "/a\\b", "/%20?q=%2F..#f", "/a/%2e%2e/b", "/" + strings.Repeat("long/", 100),
	} {
		for _, client := range []string{"oauth4webapi", "openid-client", "dpop"} {
			var got reply
			p.do(t, map[string]any{"do": "call", "client": client, "alg": "ES256", "method": "GET", "url": origin + target}, &got)
			if got.Status != 200 {
				t.Errorf("%s %q: %+v", client, target, got)
			}
		}
	}
}

// A proof is one of npm's dpop, and its token.
type proof struct{ Token, Proof string }

func (p proof) header() http.Header {
	return http.Header{"Authorization": {"DPoP " + p.Token}, "Dpop": {p.Proof}}
}

// proof returns a new proof. more replaces members of the command.
func (p *peer) proof(t *testing.T, method, target string, more map[string]any) proof {
	t.Helper()
	command := map[string]any{"do": "proof", "alg": "ES256", "method": method, "url": target}
	maps.Copy(command, more)
	var made proof
	p.do(t, command, &made)
	return made
}

// send sends a request, and returns the answer, and its status with the error of the challenge.
func send(t *testing.T, method, target string, header http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	_, code, _ := strings.Cut(resp.Header.Get("WWW-Authenticate"), `error="`)
	code, _, _ = strings.Cut(code, `"`)
	return resp, fmt.Sprint(resp.StatusCode, " ", code)
}

func testRefusals(t *testing.T, p *peer, origin string) {
	target := origin + "/orders"
	type claims = map[string]any
	for name, c := range map[string]struct {
		command map[string]any // for the proof
		change  func(t *testing.T, header http.Header)
		want    string
	}{
		"good":                      {nil, nil, "200 "},
		"a claim more":              {claims{"more": claims{"device": claims{"id": []int{1}}}}, nil, "200 "},
		"a query in htu":            {claims{"url": target + "?a=b#c"}, nil, "200 "},
		"a nonce of another server": {claims{"nonce": "abc"}, nil, "200 "},
		"another path":              {claims{"url": target + "/"}, nil, "401 invalid_dpop_proof"},
		"another host":              {claims{"url": p.Resource + "/orders"}, nil, "401 invalid_dpop_proof"},
		"another method":            {claims{"method": "POST"}, nil, "401 invalid_dpop_proof"},
		"the method in lower case":  {claims{"method": "get"}, nil, "401 invalid_dpop_proof"},
		"no ath":                    {claims{"for": ""}, nil, "401 invalid_dpop_proof"},
		"ath of another token":      {claims{"for": "another"}, nil, "401 invalid_dpop_proof"},
		"exp in the past":           {claims{"more": claims{"exp": 1}}, nil, "401 invalid_dpop_proof"},
		"nbf in the future":         {claims{"more": claims{"nbf": time.Now().Add(time.Hour).Unix()}}, nil, "401 invalid_dpop_proof"},
		"a proof that was used": {nil, func(t *testing.T, header http.Header) {
			if _, got := send(t, "GET", target, header); got != "200 " {
				t.Fatal(got)
			}
		}, "401 invalid_dpop_proof"},
		"a proof of another key": {nil, func(t *testing.T, header http.Header) {
			// It has the ath of the other's token, so that only the key is wrong.
			header.Set("DPoP", p.proof(t, "GET", target, claims{"key": "of a thief", "for": strings.TrimPrefix(header.Get("Authorization"), "DPoP ")}).Proof)
		}, "401 invalid_token"},
		"no proof":   {nil, func(_ *testing.T, header http.Header) { header.Del("DPoP") }, "401 invalid_dpop_proof"},
		"two proofs": {nil, func(t *testing.T, header http.Header) { header.Add("DPoP", p.proof(t, "GET", target, nil).Proof) }, "401 invalid_dpop_proof"},
		"under Bearer": {nil, func(_ *testing.T, header http.Header) {
			header.Set("Authorization", strings.Replace(header.Get("Authorization"), "DPoP", "Bearer", 1))
		}, "401 invalid_token"},
	} {
		t.Run(name, func(t *testing.T) {
			header := p.proof(t, "GET", target, c.command).header()
			if c.change != nil {
				c.change(t, header)
			}
			if _, got := send(t, "GET", target, header); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func testNonces(t *testing.T, p *peer, origin string) {
	try := func(more map[string]any) (*http.Response, string) {
		t.Helper()
		made := p.proof(t, "GET", origin+"/", more)
		return send(t, "GET", origin+"/", made.header())
	}
	resp, got := try(nil)
	nonce := resp.Header.Get("DPoP-Nonce")
	if got != "401 use_dpop_nonce" || nonce == "" {
		t.Fatalf("none: %s, nonce %q", got, nonce)
	}
	for value, want := range map[string]string{"abc": "401 use_dpop_nonce", nonce: "200 "} {
		if resp, got := try(map[string]any{"nonce": value}); got != want || resp.Header.Get("DPoP-Nonce") == "" {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

// token gets a token of oidc-provider as clients of golang.org/x/oauth2 do. The context has the
// transport for another of its clients.
func (p *peer) token(t *testing.T, transport *dpop.Transport) (*oauth2.Token, context.Context) {
	t.Helper()
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: transport})
	config := clientcredentials.Config{
		ClientID: p.ID, ClientSecret: p.Secret, TokenURL: p.TokenEndpoint, AuthStyle: oauth2.AuthStyleInHeader,
		Scopes: []string{"orders"}, EndpointParams: map[string][]string{"resource": {p.Resource}},
	}
	token, err := config.Token(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if token.Type() != "DPoP" {
		t.Fatalf("the token is one for %s", token.Type())
	}
	return token, ctx
}

// A Go client gets a token of oidc-provider, which wants a nonce, and calls oauth4webapi's verifier
// and a service of ours with it.
func testTransport(t *testing.T, p *peer, ours string) {
	for _, key := range signingKeys(t) {
		t.Run(key.Algorithm(), func(t *testing.T) {
			transport, err := dpop.NewTransport(key, dpop.TransportOptions{Origins: []string{p.Issuer, p.Service, ours}})
			if err != nil {
				t.Fatal(err)
			}
			token, ctx := p.token(t, transport)
			client := oauth2.NewClient(ctx, oauth2.StaticTokenSource(token))
			for target, want := range map[string]string{
				p.Service + "/orders?limit=2":        p.ID,
				p.Service + "/a%2Fb/%7Ec/it's|[ä] x": p.ID,
				ours + "/orders?limit=2":             p.ID + " POST /orders?limit=2 two",
			} {
				resp, err := client.Post(target, "text/plain", strings.NewReader("two"))
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(resp.Body)
				resp.Body.Close()
				if resp.StatusCode != 200 || string(body) != want {
					t.Errorf("%s: %d %s", target, resp.StatusCode, body)
				}
			}
		})
	}
}

func signingKeys(t *testing.T) []*dpop.Key {
	t.Helper()
	var signers []crypto.Signer
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		signers = append(signers, key)
	}
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	modulus, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var keys []*dpop.Key
	for _, signer := range append(signers, edwards, modulus) {
		key, err := dpop.NewKey(signer)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	return keys
}

// oauth4webapi's verifier takes proofs of Key.Proof, and refuses those for something else.
func testVerifier(t *testing.T, p *peer) {
	key, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	transport, err := dpop.NewTransport(key, dpop.TransportOptions{Origins: []string{p.Issuer}})
	if err != nil {
		t.Fatal(err)
	}
	token, _ := p.token(t, transport)
	other, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	target := p.Service + "/orders"
	for name, c := range map[string]struct {
		key                  *dpop.Key
		method, target, hash string // what the proof is for
		want                 int
	}{
		"good":           {key, "GET", target + "?a=b", token.AccessToken, 200},
		"another key":    {other, "GET", target, token.AccessToken, 401},
		"another method": {key, "POST", target, token.AccessToken, 401},
		"another path":   {key, "GET", target + "/", token.AccessToken, 401},
		"another token":  {key, "GET", target, token.AccessToken + "A", 401},
		"no token":       {key, "GET", target, "", 401},
	} {
		made, err := c.key.Proof(c.method, c.target, c.hash, "")
		if err != nil {
			t.Fatal(err)
		}
		resp, _ := send(t, "GET", target+"?a=b", proof{token.AccessToken, made}.header())
		if resp.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", name, resp.StatusCode, c.want)
		}
	}
}
