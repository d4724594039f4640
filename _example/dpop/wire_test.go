package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// A holder has a key, and makes proofs without package dpop.
type holder struct {
	t   *testing.T
	key *ecdsa.PrivateKey
}

func owner(t *testing.T) holder {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return holder{t, key}
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64url(sum[:])
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type object = map[string]any

func (h holder) jwk() object {
	h.t.Helper()
	point, err := h.key.PublicKey.Bytes()
	if err != nil {
		h.t.Fatal(err)
	}
	return object{"crv": "P-256", "kty": "EC", "x": base64url(point[1:33]), "y": base64url(point[33:])}
}

// thumbprint is that of RFC 7638: json.Marshal sorts the members.
func (h holder) thumbprint() string { return digest(toJSON(h.t, h.jwk())) }

// token returns a token of the issuer for this key. Members of change replace those of its claims.
func (h holder) token(change object) string {
	h.t.Helper()
	claims := jwt.MapClaims{"sub": "alice", "exp": time.Now().Add(time.Hour).Unix(), "cnf": object{"jkt": h.thumbprint()}}
	for name, value := range change {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

// sign returns a JWT with these texts as its header and its payload.
func (h holder) sign(header, payload string) string {
	h.t.Helper()
	input := base64url([]byte(header)) + "." + base64url([]byte(payload))
	sum := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, h.key, sum[:])
	if err != nil {
		h.t.Fatal(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return input + "." + base64url(signature)
}

// parts are those of a proof, before it is signed.
type parts struct{ header, claims object }

// proof returns a good proof, but for the changes.
func (h holder) proof(p *process, method, url, token string, change func(parts)) string {
	h.t.Helper()
	made := parts{
		object{"typ": "dpop+jwt", "alg": "ES256", "jwk": h.jwk()},
		object{"jti": rand.Text(), "htm": method, "htu": url, "iat": time.Now().Unix(), "ath": digest(token)},
	}
	if p.nonce != "" {
		made.claims["nonce"] = p.nonce
	}
	if change != nil {
		change(made)
	}
	return h.sign(toJSON(h.t, made.header), toJSON(h.t, made.claims))
}

// request returns a good request.
func (h holder) request(p *process, method, target string) request {
	h.t.Helper()
	path, _, _ := strings.Cut(target, "?")
	token := h.token(nil)
	return request{method: method, target: target, host: "api.example.com"}.
		with("Authorization: DPoP "+token, "DPoP: "+h.proof(p, method, apiOrigin+path, token, nil))
}

// to returns a request for target with a proof for url.
func (h holder) to(p *process, target, url string) request {
	h.t.Helper()
	token := h.token(nil)
	return request{method: "GET", target: target, host: "api.example.com"}.
		with("Authorization: DPoP "+token, "DPoP: "+h.proof(p, "GET", url, token, nil))
}

// changed returns a request whose proof is good but for the changes.
func (h holder) changed(p *process, change func(parts)) request {
	h.t.Helper()
	token := h.token(nil)
	return request{method: "GET", target: "/orders", host: "api.example.com"}.
		with("Authorization: DPoP "+token, "DPoP: "+h.proof(p, "GET", apiOrigin+"/orders", token, change))
}

// under returns a request with these values of Authorization, and a proof for token unless that
// is "".
func (h holder) under(p *process, token string, authorizations ...string) request {
	h.t.Helper()
	r := request{method: "GET", target: "/orders", host: "api.example.com"}
	for _, value := range authorizations {
		r = r.with("Authorization: " + value)
	}
	if token != "" {
		r = r.with("DPoP: " + h.proof(p, "GET", apiOrigin+"/orders", token, nil))
	}
	return r
}

// A want is the answer that a request should get.
type want struct {
	status int
	tried  string // the scheme whose challenge has the error; "" for all
	code   string // "" for none
	says   string // its error_description
}

var (
	good      = want{status: 200}
	nothing   = want{status: 401}
	badProof  = want{401, "DPoP", "invalid_dpop_proof", "The proof of possession was refused"}
	useNonce  = want{401, "DPoP", "use_dpop_nonce", "The proof of possession needs a current nonce of the server"}
	twice     = want{400, "", "invalid_request", "The request carries more than one credential"}
	malformed = want{400, "DPoP", "invalid_request", "The credential is malformed"}
)

func badToken(tried, says string) want { return want{401, tried, "invalid_token", says} }

// challenges returns the lines of WWW-Authenticate.
func (w want) challenges(profile string) []string {
	line := func(scheme, parameters string, isHere bool) string {
		text := scheme + ` realm="api"`
		if w.code != "" && isHere {
			text += fmt.Sprintf(`, error=%q, error_description=%q`, w.code, w.says)
		}
		return text + parameters
	}
	const algorithms = `, algs="ES256 Ed25519 EdDSA"`
	switch {
	case w.status != 401 && w.status != 400:
		return nil
	case profile != "both":
		return []string{line("DPoP", algorithms, true)}
	}
	return []string{line("Bearer", "", w.tried != "DPoP"), line("DPoP", algorithms, w.tried != "Bearer")}
}

func (w want) of(t *testing.T, p *process, method string, got answer) {
	t.Helper()
	if got.StatusCode != w.status {
		t.Fatalf("%d %s, want %d %s", got.StatusCode, got.body, w.status, w.code)
	}
	if lines := got.Header.Values("WWW-Authenticate"); !slices.Equal(lines, w.challenges(p.profile)) {
		t.Errorf("WWW-Authenticate is %q, want %q", lines, w.challenges(p.profile))
	}
	nonces, wantNonces := len(got.Header.Values("DPoP-Nonce")), 0
	if p.profile == "nonces" {
		wantNonces = 1
	}
	if nonces != wantNonces {
		t.Errorf("%d DPoP-Nonce, want %d", nonces, wantNonces)
	}
	if isKept := got.Header.Get("Cache-Control") != "no-store"; isKept == (w.status != 200 || p.profile == "nonces") {
		t.Errorf("Cache-Control %q", got.Header.Get("Cache-Control"))
	}
	var problem struct{ Error string }
	switch {
	case method == http.MethodHead:
		if got.body != "" {
			t.Errorf("a body: %s", got.body)
		}
	case w.status == 200:
		if got.body != "ok" {
			t.Errorf("the body is %s", got.body)
		}
	default:
		if err := json.Unmarshal([]byte(got.body), &problem); err != nil || problem.Error != w.code {
			t.Errorf("the body is %s, want the error %q", got.body, w.code)
		}
	}
}

type row struct {
	name     string
	profiles string // "" for each
	make     func(p *process, h holder) request
	want     want
}

// rows are those of the contract that one request shows. Each has a new key.
func rows() []row {
	all := []row{
		{"a query string", "", func(p *process, h holder) request { return h.request(p, "GET", "/orders?page=2&next=/a/../b") }, good},
		{"htu with query and fragment", "", func(p *process, h holder) request {
			return h.to(p, "/orders?page=2", apiOrigin+"/orders?other=1#part")
		}, good},
		{"the scheme in another case", "", func(p *process, h holder) request {
			token := h.token(nil)
			return h.under(p, token, "dPoP "+token)
		}, good},

		// Which URL the proof is for.
		{"another path", "", func(p *process, h holder) request { return h.to(p, "/orders", apiOrigin+"/other") }, badProof},
		{"the path in another case", "", func(p *process, h holder) request { return h.to(p, "/orders", apiOrigin+"/Orders") }, badProof},
		{"a slash more", "", func(p *process, h holder) request { return h.to(p, "/orders/", apiOrigin+"/orders") }, badProof},
		{"two slashes", "", func(p *process, h holder) request { return h.to(p, "//orders", apiOrigin+"/orders") }, badProof},
		{"an escaped slash", "", func(p *process, h holder) request { return h.request(p, "GET", "/a%2Fb") }, good},
		{"an escaped slash in lower case", "", func(p *process, h holder) request { return h.to(p, "/a%2fb", apiOrigin+"/a%2Fb") }, good},
		{"an escaped slash for a slash", "", func(p *process, h holder) request { return h.to(p, "/a%2Fb", apiOrigin+"/a/b") }, badProof},
		{"a slash for an escaped slash", "", func(p *process, h holder) request { return h.to(p, "/a/b", apiOrigin+"/a%2Fb") }, badProof},
		{"an escaped letter", "", func(p *process, h holder) request { return h.to(p, "/%6Frders", apiOrigin+"/orders") }, good},
		{"an escape that is escaped", "", func(p *process, h holder) request { return h.to(p, "/%256Frders", apiOrigin+"/orders") }, badProof},
		{"dot segments", "", func(p *process, h holder) request { return h.to(p, "/a/../orders", apiOrigin+"/orders") }, badProof},
		{"dot segments on both sides", "", func(p *process, h holder) request { return h.to(p, "/a/../orders", apiOrigin+"/a/../orders") }, badProof},
		{"escaped dot segments", "", func(p *process, h holder) request { return h.to(p, "/a/%2e%2e/orders", apiOrigin+"/orders") }, badProof},
		{"dot segments in htu", "", func(p *process, h holder) request { return h.to(p, "/orders", apiOrigin+"/a/../orders") }, good},
		{"another origin", "", func(p *process, h holder) request { return h.to(p, "/orders", "https://evil.example/orders") }, badProof},
		{"http", "", func(p *process, h holder) request { return h.to(p, "/orders", "http://api.example.com/orders") }, badProof},
		{"the address itself", "", func(p *process, h holder) request { return h.to(p, "/orders", "http://"+p.addr+"/orders") }, badProof},
		{"another port", "", func(p *process, h holder) request { return h.to(p, "/orders", apiOrigin+":8443/orders") }, badProof},
		{"the usual port", "", func(p *process, h holder) request { return h.to(p, "/orders", apiOrigin+":443/orders") }, good},
		{"the origin in another case", "", func(p *process, h holder) request { return h.to(p, "/orders", "HTTPS://API.Example.com/orders") }, good},
		{"the path alone", "", func(p *process, h holder) request { return h.to(p, "/orders", "/orders") }, badProof},
		{"a target in absolute form", "", func(p *process, h holder) request { return h.to(p, apiOrigin+"/orders?x=1", apiOrigin+"/orders") }, good},
		{"a target of another origin", "", func(p *process, h holder) request {
			return h.to(p, "https://evil.example/orders", apiOrigin+"/orders")
		}, badProof},
		{"target and proof of another origin", "", func(p *process, h holder) request {
			return h.to(p, "https://evil.example/orders", "https://evil.example/orders")
		}, badProof},
		{"a target with http", "", func(p *process, h holder) request {
			return h.to(p, "http://api.example.com/orders", apiOrigin+"/orders")
		}, badProof},

		// What no client decides.
		{"a forged Host", "", func(p *process, h holder) request {
			r := h.to(p, "/orders", "https://evil.example/orders")
			r.host = "evil.example"
			return r
		}, badProof},
		{"a forged X-Forwarded-Host", "", func(p *process, h holder) request {
			return h.to(p, "/orders", "https://evil.example/orders").
				with("X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "Forwarded: host=evil.example;proto=https")
		}, badProof},
		{"Host and X-Forwarded-Host play no part", "", func(p *process, h holder) request {
			r := h.request(p, "GET", "/orders").with("X-Forwarded-Host: evil.example", "X-Forwarded-Proto: http", "X-Forwarded-Prefix: /evil")
			r.host = "evil.example"
			return r
		}, good},
		{"X-HTTP-Method-Override", "", func(p *process, h holder) request {
			return h.request(p, "POST", "/orders").with("X-HTTP-Method-Override: DELETE", "Content-Length: 0")
		}, good},

		// The header fields.
		{"nothing", "", func(p *process, h holder) request { return h.under(p, "") }, nothing},
		{"another scheme", "", func(p *process, h holder) request { return h.under(p, "", "Basic YWxpY2U6") }, nothing},
		{"a proof alone", "", func(p *process, h holder) request { return h.under(p, h.token(nil)) }, nothing},
		{"a token without a proof", "", func(p *process, h holder) request { return h.under(p, "", "DPoP "+h.token(nil)) }, badProof},
		{"two proofs", "", func(p *process, h holder) request {
			token := h.token(nil)
			return h.under(p, token, "DPoP "+token).with("DPoP: " + h.proof(p, "GET", apiOrigin+"/orders", token, nil))
		}, badProof},
		{"one proof twice", "", func(p *process, h holder) request {
			r := h.request(p, "GET", "/orders")
			return r.with(r.fields[1])
		}, badProof},
		{"two proofs in one header", "", func(p *process, h holder) request {
			r := h.request(p, "GET", "/orders")
			return h.under(p, "", strings.TrimPrefix(r.fields[0], "Authorization: ")).
				with(r.fields[1] + ", " + strings.TrimPrefix(r.fields[1], "DPoP: "))
		}, badProof},
		{"an empty proof", "", func(p *process, h holder) request { return h.under(p, "", "DPoP "+h.token(nil)).with("DPoP:") }, badProof},
		{"a proof that is not a JWT", "", func(p *process, h holder) request {
			return h.under(p, "", "DPoP "+h.token(nil)).with("DPoP: a.b.c")
		}, badProof},
		{"a proof of 5 KB", "", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.claims["more"] = strings.Repeat("x", 5000) })
		}, badProof},
		{"two tokens", "", func(p *process, h holder) request {
			token := h.token(nil)
			return h.under(p, token, "DPoP "+token, "DPoP "+token)
		}, twice},
		{"a token under both schemes", "", func(p *process, h holder) request {
			token := h.token(nil)
			return h.under(p, token, "Bearer "+token, "DPoP "+token)
		}, twice},
		{"no token after DPoP", "", func(p *process, h holder) request { return h.under(p, h.token(nil), "DPoP") }, malformed},
		{"two words after DPoP", "", func(p *process, h holder) request {
			token := h.token(nil)
			return h.under(p, token, "DPoP "+token+" "+token)
		}, malformed},
		{"a tab after DPoP", "", func(p *process, h holder) request {
			token := h.token(nil)
			return h.under(p, token, "DPoP\t"+token)
		}, malformed},

		// The token.
		{"a bound token as a Bearer token", "", func(p *process, h holder) request {
			return h.under(p, "", "Bearer "+h.token(nil))
		}, badToken("Bearer", "The access token was sent under another scheme than its own")},
		{"a bound token as a Bearer token, with a good proof", "", func(p *process, h holder) request {
			token := h.token(nil)
			return h.under(p, token, "Bearer "+token)
		}, badToken("Bearer", "The access token was sent under another scheme than its own")},
		{"an unbound Bearer token", "required nonces", func(p *process, h holder) request {
			return h.under(p, "", "Bearer "+h.token(object{"cnf": nil}))
		}, badToken("Bearer", "The access token is not bound to a key")},
		{"an unbound Bearer token, allowed", "both", func(p *process, h holder) request {
			return h.under(p, "", "Bearer "+h.token(object{"cnf": nil}))
		}, good},
		{"an unbound Bearer token beside a proof", "both", func(p *process, h holder) request {
			token := h.token(object{"cnf": nil})
			return h.under(p, token, "Bearer "+token)
		}, good},
		{"an unbound token under DPoP", "required nonces", func(p *process, h holder) request {
			token := h.token(object{"cnf": nil})
			return h.under(p, token, "DPoP "+token)
		}, badToken("DPoP", "The access token is not bound to a key")},
		{"an unbound token under DPoP, beside Bearer tokens", "both", func(p *process, h holder) request {
			token := h.token(object{"cnf": nil})
			return h.under(p, token, "DPoP "+token)
		}, badToken("DPoP", "The access token was sent under another scheme than its own")},
		{"another key", "", func(p *process, h holder) request {
			token := h.token(nil)
			return owner(h.t).under(p, token, "DPoP "+token)
		}, badToken("DPoP", "The access token is bound to another key")},
		{"an expired token", "", func(p *process, h holder) request {
			token := h.token(object{"exp": time.Now().Add(-time.Minute).Unix()})
			return h.under(p, token, "DPoP "+token)
		}, badToken("DPoP", "The access token expired")},
		{"an expired token without a proof", "", func(p *process, h holder) request {
			return h.under(p, "", "DPoP "+h.token(object{"exp": time.Now().Add(-time.Minute).Unix()}))
		}, badToken("DPoP", "The access token expired")},
		{"a forged token", "", func(p *process, h holder) request {
			token := h.token(nil)
			token = token[:strings.LastIndex(token, ".")] + "." + digest("x")
			return h.under(p, token, "DPoP "+token)
		}, badToken("DPoP", "The access token signature is invalid")},

		// The proof.
		{"a proof for another token", "", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.claims["ath"] = digest("x") })
		}, badProof},
		{"another typ", "", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.header["typ"] = "JWT" })
		}, badProof},
		{"a typ that is a number", "", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.header["typ"] = 7 })
		}, badProof},
		{"alg none", "", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.header["alg"] = "none" })
		}, badProof},
		{"alg HS256", "", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.header["alg"] = "HS256" })
		}, badProof},
		{"a private key", "", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.header["jwk"].(object)["d"] = digest("x") })
		}, badProof},
		{"HTM", "", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { delete(made.claims, "htm"); made.claims["HTM"] = "GET" })
		}, badProof},
		{"the method in lower case", "", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.claims["htm"] = "get" })
		}, badProof},
		{"a member twice", "", func(p *process, h holder) request {
			token := h.token(nil)
			payload := fmt.Sprintf(`{"htm":"POST","htm":"GET","htu":%q,"jti":%q,"iat":%d,"ath":%q,"nonce":%q}`,
				apiOrigin+"/orders", rand.Text(), time.Now().Unix(), digest(token), p.nonce)
			proof := h.sign(toJSON(h.t, object{"typ": "dpop+jwt", "alg": "ES256", "jwk": h.jwk()}), payload)
			return h.under(p, "", "DPoP "+token).with("DPoP: " + proof)
		}, badProof},
		{"a proof of another signature", "", func(p *process, h holder) request {
			r := h.changed(p, nil)
			r.fields[1] = r.fields[1][:strings.LastIndex(r.fields[1], ".")] + "." + base64url(make([]byte, 64))
			return r
		}, badProof},
		{"an old proof", "required both", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.claims["iat"] = time.Now().Add(-2 * time.Minute).Unix() })
		}, badProof},
		{"a proof of the future", "required both", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.claims["iat"] = time.Now().Add(2 * time.Minute).Unix() })
		}, badProof},
		{"a proof that has expired", "", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.claims["exp"] = time.Now().Add(-time.Minute).Unix() })
		}, badProof},
		{"a client's clock plays no part", "nonces", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.claims["iat"] = 7 })
		}, good},
		{"no nonce", "nonces", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { delete(made.claims, "nonce") })
		}, useNonce},
		{"a nonce of somebody else", "nonces", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.claims["nonce"] = digest("x") })
		}, useNonce},
		{"a nonce where none is asked for", "required both", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { made.claims["nonce"] = "x" })
		}, good},
		{"no token for all of the server", "", func(p *process, h holder) request {
			return request{method: "OPTIONS", target: "*", host: "api.example.com"}
		}, nothing},
		{"a proxy is asked for", "", func(p *process, h holder) request {
			return request{method: "CONNECT", target: "api.example.com:443", host: "api.example.com:443"}
		}, nothing},
	}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "get"} {
		all = append(all,
			row{"the method " + method, "", func(p *process, h holder) request { return h.request(p, method, "/orders") }, good},
			row{"the method " + method + " without a token", "", func(p *process, h holder) request {
				return request{method: method, target: "/", host: "api.example.com"}
			}, nothing},
			row{"another method than " + method, "", func(p *process, h holder) request {
				r := h.request(p, "LOCK", "/orders")
				r.method = method
				return r
			}, badProof})
	}
	for name, claim := range map[string]any{
		"empty": object{}, "null": json.RawMessage("null"), "a string": "x", "an array": []string{"jkt"},
		"unknown": object{"kid": "x"}, "jkt that is a number": object{"jkt": 7}, "jkt that is short": object{"jkt": "x"},
	} {
		all = append(all, row{"cnf " + name, "", func(p *process, h holder) request {
			token := h.token(object{"cnf": claim})
			return h.under(p, token, "DPoP "+token)
		}, badToken("DPoP", "The access token is bound in a way that is not accepted")})
	}
	all = append(all, row{"cnf with an unknown member besides", "", func(p *process, h holder) request {
		token := h.token(object{"cnf": object{"jkt": h.thumbprint(), "x5t#S256": digest("x")}})
		return h.under(p, token, "DPoP "+token)
	}, badToken("DPoP", "The access token is bound in a way that is not accepted")})
	for _, claim := range []string{"jti", "htm", "htu", "ath", "iat"} {
		all = append(all, row{"a proof without " + claim, "", func(p *process, h holder) request {
			return h.changed(p, func(made parts) { delete(made.claims, claim) })
		}, badProof})
	}
	return all
}

// The program is a process, and is tried over its socket in each profile.
func TestWire(t *testing.T) {
	for _, profile := range []string{"required", "both", "nonces"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			p := serve(t, profile, "-origin", apiOrigin)
			for _, row := range rows() {
				if row.profiles != "" && !slices.Contains(strings.Fields(row.profiles), profile) {
					continue
				}
				t.Run(row.name, func(t *testing.T) {
					r := row.make(p, owner(t))
					row.want.of(t, p, r.method, p.sends(t, r))
				})
			}
			t.Run("replay", func(t *testing.T) { replays(t, p) })
			t.Run("nonces", func(t *testing.T) { nonces(t, p) })
			t.Run("CORS", func(t *testing.T) { crossOrigin(t, p) })
		})
	}
}

func replays(t *testing.T, p *process) {
	h := owner(t)
	const jti = "the same for two keys"
	fixed := func(made parts) { made.claims["jti"] = jti }
	r := h.changed(p, fixed)

	// A proof that was refused is not used up.
	other := r
	other.method = "POST"
	badProof.of(t, p, "POST", p.sends(t, other))
	good.of(t, p, "GET", p.sends(t, r))
	badProof.of(t, p, "GET", p.sends(t, r))
	r.target = "/orders?again"
	badProof.of(t, p, "GET", p.sends(t, r))

	// ECDSA has many signatures for one proof.
	badProof.of(t, p, "GET", p.sends(t, h.changed(p, fixed)))
	good.of(t, p, "GET", p.sends(t, owner(t).changed(p, fixed)))

	// Of simultaneous requests with one proof, one passes.
	r = h.request(p, "GET", "/orders")
	statuses := make([]int, 20)
	var senders sync.WaitGroup
	for i := range statuses {
		senders.Go(func() {
			if a, err := p.try(r); err == nil {
				statuses[i] = a.StatusCode
			}
		})
	}
	senders.Wait()
	slices.Sort(statuses)
	if wanted := append([]int{200}, slices.Repeat([]int{401}, 19)...); !slices.Equal(statuses, wanted) {
		t.Errorf("statuses %v", statuses)
	}
}

// nonces goes from a refusal to the nonce to a good answer. Every answer has a nonce that works.
func nonces(t *testing.T, p *process) {
	h := owner(t)
	from := func(a answer) request {
		return h.changed(p, func(made parts) {
			if nonce := a.Header.Get("DPoP-Nonce"); nonce != "" {
				made.claims["nonce"] = nonce
			}
		})
	}
	a := p.sends(t, h.under(p, ""))
	nothing.of(t, p, "GET", a)
	r := from(a)
	a = p.sends(t, r)
	good.of(t, p, "GET", a)
	good.of(t, p, "GET", p.sends(t, from(a)))
	a = p.sends(t, r)
	badProof.of(t, p, "GET", a)
	good.of(t, p, "GET", p.sends(t, from(a)))
}

func crossOrigin(t *testing.T, p *process) {
	h := owner(t)
	preflight := request{method: "OPTIONS", target: "/orders", host: "api.example.com"}.
		with("Origin: https://app.example.com", "Access-Control-Request-Method: DELETE", "Access-Control-Request-Headers: authorization,dpop")
	a := p.sends(t, preflight)
	if a.StatusCode != 204 || a.Header.Get("Access-Control-Allow-Origin") != "*" || a.Header.Get("Access-Control-Allow-Methods") != "DELETE" ||
		a.Header.Get("Access-Control-Allow-Headers") != "authorization,dpop" || a.Header.Get("Access-Control-Allow-Credentials") != "" || a.body != "" {
		t.Errorf("preflight: %d %v %s", a.StatusCode, a.Header, a.body)
	}
	for name, r := range map[string]request{
		"good": h.request(p, "DELETE", "/orders"), "refused": h.under(p, "", "DPoP "+h.token(nil)), "nothing": h.under(p, ""),
	} {
		a := p.sends(t, r.with("Origin: https://app.example.com"))
		if a.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.EqualFold(a.Header.Get("Access-Control-Expose-Headers"), "DPoP-Nonce, WWW-Authenticate") {
			t.Errorf("%s: %d %v", name, a.StatusCode, a.Header)
		}
		if p.profile == "nonces" && len(a.Header.Values("DPoP-Nonce")) != 1 {
			t.Errorf("%s: DPoP-Nonce %q", name, a.Header.Values("DPoP-Nonce"))
		}
	}
}
