package dpop_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
)

// boundToken returns a token that is bound to a key.
func boundToken(t testing.TB, jkt string) string {
	t.Helper()
	raw, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "alice", "exp": time.Now().Add(time.Hour).Unix(), "cnf": map[string]string{"jkt": jkt},
	}).SignedString(secretA)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// protect returns a handler with two middlewares, one inside of the other.
func protect(t testing.TB, v *dpop.Verifier) http.Handler {
	t.Helper()
	return chain(t, v, v)
}

// chain is protect with a Verifier for each middleware.
func chain(t testing.TB, v, inner *dpop.Verifier) http.Handler {
	t.Helper()
	auth, err := jwthttp.New[jwt.RegisteredClaims](jwthttp.HS256(secretA), jwthttp.Options{Bindings: []jwthttp.Binding{v}})
	if err != nil {
		t.Fatal(err)
	}
	other, err := jwthttp.New[jwt.MapClaims](jwthttp.HS256(secretA), jwthttp.Options{Bindings: []jwthttp.Binding{inner}})
	if err != nil {
		t.Fatal(err)
	}
	return auth.Handler(other.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("ok")) })))
}

// The rows of the answers on the wire that the verifier decides.
func TestAnswersOnTheWire(t *testing.T) {
	s := p256()
	thumbprint := s.thumbprint()
	bound := boundToken(t, b64(thumbprint[:]))
	p := func() object { return payload().with("ath", digest(bound)) }
	down := storeFunc(func(context.Context, [sha256.Size]byte, time.Time) (bool, error) { return false, errors.New("down") })
	full := newMemory(t, 1)
	use(t, full, idOf(1), time.Now().Add(time.Hour))
	nonces := newNonces(t, secretB)
	good := s.sign(s.header(), p())
	const algs = `algs="ES256 Ed25519 EdDSA"`
	for _, tc := range []struct {
		name   string
		opts   dpop.Options
		proofs []string
		status int
		code   string
		nonce  bool
	}{
		{"good", dpop.Options{}, []string{good}, 200, "", false},
		{"none", dpop.Options{}, nil, 401, "invalid_dpop_proof", false},
		{"two", dpop.Options{}, []string{good, good}, 401, "invalid_dpop_proof", false},
		{"not a JWT", dpop.Options{}, []string{"undefined"}, 401, "invalid_dpop_proof", false},
		{"another method", dpop.Options{}, []string{s.sign(s.header(), p().with("htm", "POST"))}, 401, "invalid_dpop_proof", false},
		{"another key", dpop.Options{}, []string{p256two().sign(p256two().header(), p())}, 401, "invalid_token", false},
		{"no nonce", dpop.Options{Nonces: nonces}, []string{good}, 401, "use_dpop_nonce", true},
		{"no proof, with nonces", dpop.Options{Nonces: nonces}, nil, 401, "invalid_dpop_proof", true},
		{"good, with nonces", dpop.Options{Nonces: nonces}, []string{s.sign(s.header(), p().with("nonce", nonceOf(verifier(t, dpop.Options{Nonces: nonces}))))}, 200, "", true},
		{"a store that is down", dpop.Options{Replays: down}, []string{good}, 503, "temporarily_unavailable", false},
		{"a store that is full", dpop.Options{Replays: full}, []string{good}, 503, "temporarily_unavailable", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := request("GET", target, tc.proofs...)
			r.Header.Set("Authorization", "DPoP "+bound)
			w := httptest.NewRecorder()
			protect(t, verifier(t, tc.opts)).ServeHTTP(w, r)
			challenges := w.Header().Values("WWW-Authenticate")
			if w.Code != tc.status || (w.Body.String() == "ok") != (tc.status == 200) || tc.code != "" && !strings.Contains(w.Body.String(), tc.code) {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			if want := map[int]int{200: 0, 401: 1, 503: 0}[tc.status]; len(challenges) != want ||
				want > 0 && (!strings.HasPrefix(challenges[0], "DPoP ") || !strings.Contains(challenges[0], algs) || !strings.Contains(challenges[0], `error="`+tc.code+`"`)) {
				t.Errorf("challenges %q", challenges)
			}
			if got := len(w.Header().Values("DPoP-Nonce")); (got == 1) != tc.nonce || got > 1 || tc.nonce && w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%d nonces, %v", got, w.Header())
			}
			if tc.status == 503 && w.Header().Get("Retry-After") != "5" {
				t.Error("no Retry-After")
			}
		})
	}
}

// Middlewares in one chain need one Verifier, as Options.Replays says: it is asked once. A second one
// with the same store takes the proof for a replay.
func TestChain(t *testing.T) {
	s, store := p256(), newMemory(t, 10)
	sum := s.thumbprint()
	bound := boundToken(t, b64(sum[:]))
	one, two := verifier(t, dpop.Options{Replays: store}), verifier(t, dpop.Options{Replays: store})
	for _, tc := range []struct {
		name  string
		inner *dpop.Verifier
		want  int
	}{{"one Verifier", one, 200}, {"two with one store", two, 401}, {"two with two stores", verifier(t, dpop.Options{}), 200}} {
		r := request("GET", target, s.sign(s.header(), payload().with("jti", tc.name).with("ath", digest(bound))))
		r.Header.Set("Authorization", "DPoP "+bound)
		w := httptest.NewRecorder()
		chain(t, one, tc.inner).ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("%s: %d", tc.name, w.Code)
		}
	}
}

// The scheme is for servers, and not for proxies, RFC 9449 section 7.1: Proxy-Authorization is not
// read, and Proxy-Authenticate is not set.
func TestProxyFields(t *testing.T) {
	s := p256()
	thumbprint := s.thumbprint()
	bound := boundToken(t, b64(thumbprint[:]))
	r := request("GET", target, s.sign(s.header(), payload().with("ath", digest(bound))))
	r.Header.Set("Proxy-Authorization", "DPoP "+bound)
	w := httptest.NewRecorder()
	protect(t, verifier(t, dpop.Options{})).ServeHTTP(w, r)
	if w.Code != 401 || w.Header().Get("WWW-Authenticate") != `DPoP realm="api", algs="ES256 Ed25519 EdDSA"` || w.Header().Get("Proxy-Authenticate") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// The error of a refusal says its kind once, and then what the package says.
func TestKindIsSaidOnce(t *testing.T) {
	s := p256()
	thumbprint := s.thumbprint()
	bound := boundToken(t, b64(thumbprint[:]))
	down := storeFunc(func(context.Context, [sha256.Size]byte, time.Time) (bool, error) {
		return false, errors.New("dial tcp: refused")
	})
	full := newMemory(t, 1)
	use(t, full, idOf(1), time.Now().Add(time.Hour))
	good := s.sign(s.header(), payload().with("ath", digest(bound)))
	for _, tc := range []struct {
		name, proof, want string
		opts              dpop.Options
	}{
		{"no JWT", "undefined", "jwthttp: invalid proof of possession: The proof of possession was refused: dpop: the proof is not one JWT", dpop.Options{}},
		{"no nonce", good, "jwthttp: a nonce of the server is needed: The proof of possession needs a current nonce of the server: dpop: the proof has no nonce", dpop.Options{Nonces: newNonces(t, secretB)}},
		{"another key", p256two().sign(p256two().header(), payload()), "jwthttp: invalid token: The access token is bound to another key: dpop: the proof is by another key", dpop.Options{}},
		{"down", good, "jwthttp: temporarily unavailable: The access token cannot be checked at the moment: dpop: the store of used proofs failed: dial tcp: refused", dpop.Options{Replays: down}},
		{"full", good, "jwthttp: temporarily unavailable: The access token cannot be checked at the moment: dpop: the store of used proofs is full", dpop.Options{Replays: full}},
	} {
		var got jwthttp.Result
		auth, err := jwthttp.New[jwt.RegisteredClaims](jwthttp.HS256(secretA), jwthttp.Options{
			Bindings: []jwthttp.Binding{verifier(t, tc.opts)},
			Logger:   slog.New(slog.DiscardHandler),
			OnResult: func(_ *http.Request, res jwthttp.Result) { got = res },
		})
		if err != nil {
			t.Fatal(err)
		}
		r := request("GET", target, tc.proof)
		r.Header.Set("Authorization", "DPoP "+bound)
		auth.Handler(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
		if got.Err == nil || !strings.HasPrefix(got.Err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, got.Err)
		}
	}
}
