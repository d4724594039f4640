package issue_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/jwks"
)

const keyFiles = "../internal/jws/testdata/private"

func readKeyFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(keyFiles, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// pemOf returns a private key as openssl writes it.
func pemOf(key any) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// A pair is an algorithm and a key for it.
type pair struct {
	method  jwt.SigningMethod
	key     any
	private [][]byte // what never may be seen of it
}

func pairs() (all []pair) {
	for _, m := range []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
		all = append(all, pair{m, secret, [][]byte{secret}})
	}
	for _, m := range []jwt.SigningMethod{jwt.SigningMethodRS256, jwt.SigningMethodRS384, jwt.SigningMethodRS512, jwt.SigningMethodPS256, jwt.SigningMethodPS384, jwt.SigningMethodPS512} {
		all = append(all, pair{m, rsaKey(), privateParts(rsaKey())})
	}
	for m, curve := range map[jwt.SigningMethod]elliptic.Curve{jwt.SigningMethodES256: elliptic.P256(), jwt.SigningMethodES384: elliptic.P384(), jwt.SigningMethodES512: elliptic.P521()} {
		key := ecKeyOn(curve)
		all = append(all, pair{m, key, privateParts(key)})
	}
	return append(all, pair{jwt.SigningMethodEdDSA, edSeed(7), privateParts(edSeed(7))})
}

func privateParts(key crypto.Signer) [][]byte {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return [][]byte{key.D.Bytes(), key.Primes[0].Bytes(), key.Primes[1].Bytes(), key.Precomputed.Dp.Bytes(), key.Precomputed.Dq.Bytes(), key.Precomputed.Qinv.Bytes()}
	case *ecdsa.PrivateKey:
		d, err := key.Bytes()
		if err != nil {
			panic(err)
		}
		return [][]byte{bytes.TrimLeft(d, "\x00")}
	}
	return [][]byte{key.(ed25519.PrivateKey).Seed()}
}

// shows returns the form in which a text shows one of the private parts, if any.
func shows(text string, private [][]byte) string {
	lower := strings.ToLower(text)
	for _, b := range private {
		head := b[:15] // base64 of these is the beginning of that of all
		number := new(big.Int).SetBytes(b).String()
		for name, form := range map[string]string{
			"raw": string(head), "decimal": number[:20],
			"base64": base64.StdEncoding.EncodeToString(head), "base64url": base64.RawURLEncoding.EncodeToString(head),
			"bytes": strings.Trim(fmt.Sprint(head), "[]"), "Go": strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", head), "[]byte{"), "}"),
		} {
			if strings.Contains(text, form) {
				return name
			}
		}
		for n := 12; n < 16; n++ { // one of these is not in the middle of a character
			if strings.Contains(text, strings.Trim(fmt.Sprintf("%q", b[:n]), `"`)) {
				return "quoted"
			}
		}
		if strings.Contains(lower, hex.EncodeToString(head)) || strings.Contains(lower, fmt.Sprintf("% x", head)) {
			return "hex"
		}
	}
	return ""
}

// Every test below depends on it.
func TestShows(t *testing.T) {
	for _, p := range pairs() {
		b := p.private[0]
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "% x"} {
			if text := fmt.Sprintf(format, b); shows(text, p.private) == "" {
				t.Errorf("%s of %s is not found", format, p.method.Alg())
			}
		}
		text, err := json.Marshal(map[string]any{"b": b})
		if err != nil || shows(string(text), p.private) == "" || shows(new(big.Int).SetBytes(b).String(), p.private) == "" {
			t.Errorf("%s: %v, %s", p.method.Alg(), err, text)
		}
	}
}

// JWKS has the public members of all keys for public-key algorithms, and nothing of a secret.
func TestJWKSIsPublic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := pairs()
		var keys []issue.Key
		for i, p := range all {
			keys = append(keys, issue.NewKey(p.method, p.key).WithID(p.method.Alg()).From(time.Now().Add(time.Duration(i)*time.Hour)))
		}
		iss := newIssuer[Claims](t, issue.Options{}, keys...)
		body := get(iss.JWKS()).Body.String()
		for _, p := range all {
			if form := shows(body, p.private); form != "" {
				t.Errorf("%s: the set shows private material (%s)", p.method.Alg(), form)
			}
		}
		var document any
		if err := json.Unmarshal([]byte(body), &document); err != nil {
			t.Fatal(err)
		}
		var walk func(v any)
		walk = func(v any) {
			switch v := v.(type) {
			case map[string]any:
				for name, value := range v {
					if slices.Contains([]string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}, name) {
						t.Errorf("the set has %q", name)
					}
					walk(value)
				}
			case []any:
				for _, value := range v {
					walk(value)
				}
			}
		}
		walk(document)
		// Each key is exactly this.
		members := map[string]string{"R": "alg e kid kty n use", "P": "alg e kid kty n use", "ES": "alg crv kid kty use x y", "Ed": "alg crv kid kty use x"}
		var names []string
		for _, key := range document.(map[string]any)["keys"].([]any) {
			key := key.(map[string]any)
			alg := key["alg"].(string)
			names = append(names, alg)
			var got []string
			for name := range key {
				got = append(got, name)
			}
			slices.Sort(got)
			want := members[alg[:1]]
			if want == "" {
				want = members[alg[:2]]
			}
			if strings.Join(got, " ") != want || key["kid"] != alg || key["use"] != "sig" {
				t.Errorf("%s: %v", alg, key)
			}
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != "ES256 ES384 ES512 EdDSA PS256 PS384 PS512 RS256 RS384 RS512" {
			t.Errorf("published are %s", got)
		}
		if len(document.(map[string]any)) != 1 {
			t.Errorf("the set has more members: %s", body)
		}
	})
}

// The types of the answers are those of RFC 7517 section 8.5.2 and of OpenID Connect Discovery 1.0
// section 4. Caches keep the answers for 10 minutes, and pages of any origin may read them.
func TestPublishedAnswers(t *testing.T) {
	iss := newIssuer[Claims](t, issue.Options{Issuer: rotationURL}, edKeyOf(0))
	set := fmt.Sprintf(`{"keys":[{"alg":"EdDSA","kid":%q,"use":"sig","crv":"Ed25519","kty":"OKP","x":%q}]}`,
		strings.Fields(nameOf(edKeyOf(0)))[1], base64.RawURLEncoding.EncodeToString(edSeed(0).Public().(ed25519.PublicKey)))
	for _, tc := range []struct {
		name, contentType, body string
		handler                 http.Handler
	}{
		{"JWKS", "application/jwk-set+json", set, iss.JWKS()},
		{"Metadata", "application/json", `{"id_token_signing_alg_values_supported":["EdDSA"],"issuer":"https://issuer.example.com","jwks_uri":"https://issuer.example.com/.well-known/jwks.json"}`, iss.Metadata()},
	} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"} {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(method, "/any/path?query", nil)
			r.Header.Set("Origin", "https://pages.example.com")
			tc.handler.ServeHTTP(w, r)
			code, body := http.StatusOK, tc.body
			want := http.Header{"Access-Control-Allow-Origin": {"*"}, "Cache-Control": {"public, max-age=600"}, "Content-Type": {tc.contentType}, "Content-Length": {fmt.Sprint(len(tc.body))}}
			switch method {
			case "GET":
			case "HEAD":
				body = ""
			case "OPTIONS":
				code, body = http.StatusNoContent, ""
				want = http.Header{"Access-Control-Allow-Origin": {"*"}, "Access-Control-Allow-Methods": {"GET, HEAD"}, "Access-Control-Allow-Headers": {"*"}, "Access-Control-Max-Age": {"600"}, "Allow": {"GET, HEAD, OPTIONS"}}
			default:
				code, body = http.StatusMethodNotAllowed, "Method Not Allowed\n"
				want = http.Header{"Access-Control-Allow-Origin": {"*"}, "Allow": {"GET, HEAD, OPTIONS"}, "Content-Type": {"text/plain; charset=utf-8"}, "X-Content-Type-Options": {"nosniff"}}
			}
			if w.Code != code || !reflect.DeepEqual(w.Header(), want) || !sameDocument(w.Body.String(), body) {
				t.Errorf("%s %s: %d %v %q\nwant %d %v %q", method, tc.name, w.Code, w.Header(), w.Body, code, want, body)
			}
		}
	}
}

// sameDocument compares JSON in any order of members, and other texts.
func sameDocument(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return reflect.DeepEqual(x, y)
}

// Secrets alone are an empty set, and the operator is told once.
func TestJWKSOfSecrets(t *testing.T) {
	var log journal
	iss := newIssuer[Claims](t, issue.Options{Issuer: rotationURL, Logger: log.logger()}, issue.HS256(secret), issue.HS256(secret[1:]).WithID("b").From(time.Now().Add(time.Hour)))
	log.want(t, "New", 0, 0)
	handler := iss.JWKS()
	for range 3 {
		if w := get(handler); w.Code != http.StatusOK || w.Body.String() != `{"keys":[]}` {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	log.want(t, "JWKS", 1, 0)
	if !strings.Contains(log.String(), "issue: JWKS publishes no key, for a secret is never published") || !strings.Contains(log.String(), "sign by NewKey with a private key, or leave JWKS out") {
		t.Error(&log)
	}
	if w := get(iss.Metadata()); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "supported") {
		t.Errorf("metadata %s", w.Body)
	}
	log.want(t, "Metadata", 1, 0)
	// A public key that is not in use yet is one.
	log = journal{}
	newIssuer[Claims](t, issue.Options{Logger: log.logger()}, issue.HS256(secret), edKeyOf(0).From(time.Now().Add(time.Hour))).JWKS()
	log.want(t, "with a successor", 0, 0)
}

// A transport calls a handler, without a network.
type transport struct{ handler http.Handler }

func (h transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// site serves an issuer's documents where its Options.Issuer says.
func site[C any](base string, iss *issue.Issuer[C]) *http.Client {
	mux := http.NewServeMux()
	mux.Handle(base+"/.well-known/jwks.json", iss.JWKS())
	mux.Handle(base+"/.well-known/openid-configuration", iss.Metadata())
	return &http.Client{Transport: transport{mux}}
}

// Package jwks follows the published keys, of each algorithm and wherever the issuer is.
func TestJWKSFollowsTheIssuer(t *testing.T) {
	type row struct {
		name, issuer, path string
		pair
	}
	ed := pair{jwt.SigningMethodEdDSA, edSeed(0), nil}
	rows := []row{
		{"a path", rotationURL + "/tenants/a", "/tenants/a", ed},
		{"a slash at the end", rotationURL + "/", "", ed},
		{"a path with a slash at the end", rotationURL + "/tenants/a/", "/tenants/a", ed},
		{"a port", "https://issuer.example.com:8443", "", ed},
		{"loopback", "http://127.0.0.1:8080", "", ed},
		{"localhost", "http://localhost:8080/auth", "/auth", ed},
	}
	for _, p := range pairs()[3:] {
		rows = append(rows, row{p.method.Alg(), rotationURL, "", p})
	}
	for _, tc := range rows {
		t.Run(tc.name, func(t *testing.T) {
			var log journal
			iss := newIssuer[Claims](t, issue.Options{Issuer: tc.issuer, Audience: []string{"orders"}, Logger: log.logger()}, issue.NewKey(tc.method, tc.key))
			token, _, err := iss.Token(t.Context(), Claims{})
			if err != nil {
				t.Fatal(err)
			}
			address := strings.TrimSuffix(tc.issuer, "/") + "/.well-known/jwks.json"
			if got := get(iss.Metadata()).Body.String(); !strings.Contains(got, `"jwks_uri":"`+address+`"`) || !strings.Contains(got, `"issuer":"`+tc.issuer+`"`) {
				t.Errorf("metadata %s", got)
			}
			opts := jwks.Options{Audience: []string{"orders"}, Client: site(tc.path, iss), Logger: slog.New(slog.DiscardHandler)}
			discovered, err := jwks.Discover(tc.issuer, opts)
			if err != nil {
				t.Fatal(err)
			}
			defer discovered.Close()
			opts.Issuer = tc.issuer
			direct, err := jwks.New(address, opts)
			if err != nil {
				t.Fatal(err)
			}
			defer direct.Close()
			for name, source := range map[string]*jwks.Source{"Discover": discovered, "New": direct} {
				auth, err := jwthttp.New[Claims](source, iss.Options())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := auth.Verify(t.Context(), token); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			log.want(t, tc.name, 0, 0)
		})
	}
}

// Without a URL there is no metadata, and the operator is told once.
func TestMetadataWithoutURL(t *testing.T) {
	for _, name := range []string{"", "me", "urn:example:me", "issuer.example.com", "http://issuer.example.com", "ftp://issuer.example.com", "https://", "https://issuer.example.com/?tenant=a", "https://issuer.example.com/#a", "https://user:password@issuer.example.com"} {
		var log journal
		iss := newIssuer[Claims](t, issue.Options{Issuer: name, Logger: log.logger()}, edKeyOf(0))
		handler := iss.Metadata()
		for range 3 {
			if w := get(handler); w.Code != http.StatusNotFound {
				t.Errorf("%q: %d %s", name, w.Code, w.Body)
			}
		}
		log.want(t, name, 0, 1)
		if !strings.Contains(log.String(), "issue: there is no metadata, for Options.Issuer is not a URL") || !strings.Contains(log.String(), "set Options.Issuer like https://issuer.example.com, or leave Metadata out") {
			t.Errorf("%q: %s", name, &log)
		}
		if w := get(iss.JWKS()); w.Code != http.StatusOK {
			t.Errorf("%q: JWKS answers %d", name, w.Code)
		}
	}
}

// printed returns everything that a program may print of a value, by mistake or not.
func printed(v any) string {
	var text strings.Builder
	inside := struct {
		public any
		Public any
	}{v, v}
	for _, v := range []any{v, []any{v}, map[string]any{"a": v}, inside, &inside} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%o", "%b", "%e", "%t", "%c", "%U"} {
			fmt.Fprintf(&text, format+"\n", v)
		}
		encoded, err := json.Marshal(v)
		fmt.Fprintln(&text, string(encoded), err)
		slog.New(slog.NewTextHandler(&text, nil)).Error("a", "v", v)
		slog.New(slog.NewJSONHandler(&text, nil)).Error("a", "v", v)
	}
	return text.String()
}

// A failing signer is one whose error the issuer passes on.
type failing struct{ crypto.Signer }

func (failing) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("it is down")
}

// Nothing that can be printed shows a private key or a secret.
func TestNothingIsShown(t *testing.T) {
	check := func(t *testing.T, private [][]byte, values map[string]any) {
		t.Helper()
		for name, v := range values {
			if form := shows(printed(v), private); form != "" {
				t.Errorf("%s shows private material (%s)", name, form)
			}
		}
	}
	values := func(t *testing.T, k issue.Key) map[string]any {
		t.Helper()
		opts := issue.Options{Issuer: rotationURL}
		iss := newIssuer[jwt.MapClaims](t, opts, k)
		_, _, errToken := iss.Token(t.Context(), jwt.MapClaims{"sub": 7})
		_, err := issue.New[jwt.MapClaims](issue.Options{Lifetime: -1}, k, k)
		if errToken == nil || err == nil {
			t.Fatal("there is no error")
		}
		token, _, err2 := iss.Token(t.Context(), jwt.MapClaims{})
		if err2 != nil {
			t.Fatal(err2)
		}
		auth := newAuth(t, iss)
		result, err2 := auth.Verify(t.Context(), token)
		if err2 != nil {
			t.Fatal(err2)
		}
		verifying, err2 := iss.Keys(t.Context(), result.Header)
		if err2 != nil || len(verifying) != 1 {
			t.Fatal(verifying, err2)
		}
		return map[string]any{"Key": k, "*Key": &k, "*Issuer": iss, "Issuer": *iss, "Options": iss.Options(), "issue.Options": opts, "New": err, "Token": errToken,
			"Keys": verifying, "Middleware": auth, "JWKS": get(iss.JWKS()).Body.String(), "Metadata": get(iss.Metadata()).Body.String(), "token": token}
	}
	for _, p := range pairs() {
		t.Run(p.method.Alg(), func(t *testing.T) {
			k := issue.NewKey(p.method, p.key)
			all := values(t, k)
			all["with more"] = k.From(time.Now()).WithID("a")
			if signer, ok := p.key.(crypto.Signer); ok {
				iss := newIssuer[Claims](t, issue.Options{}, issue.NewKey(p.method, failing{signer}))
				_, _, err := iss.Token(t.Context(), Claims{})
				if !errors.Is(err, jwthttp.ErrUnavailable) {
					t.Fatal(err)
				}
				all["a failing signer"], all["its error"] = iss, err
				for _, other := range []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodRS256, jwt.SigningMethodES256, jwt.SigningMethodES512, jwt.SigningMethodEdDSA} {
					unfit := issue.NewKey(other, p.key)
					_, err := issue.New[Claims](issue.Options{}, unfit)
					all["unfit for "+other.Alg()], all["its error for "+other.Alg()] = unfit, err
				}
			}
			check(t, p.private, all)
		})
	}
	t.Run("a short secret", func(t *testing.T) {
		short := secret[:20]
		k := issue.HS256(short)
		_, err := issue.New[Claims](issue.Options{}, k)
		check(t, [][]byte{short}, map[string]any{"Key": k, "error": err})
	})
	t.Run("files", func(t *testing.T) {
		for _, file := range []string{"pkcs1", "pkcs8-rsa", "ssh-rsa-2048", "sec1-p256", "sec1-p384", "pkcs8-p521", "ssh-ecdsa-384", "pkcs8-ed25519", "ssh-ed25519-256"} {
			data := readKeyFile(t, file)
			signer, err := issue.ParsePrivateKey(data)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			path := filepath.Join(dir, "2026-01-01.pem")
			write := func(data []byte) {
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write(data)
			var log journal
			iss := newIssuer[Claims](t, issue.Options{Logger: log.logger()}, issue.Directory(dir))
			private := privateParts(signer)
			check(t, private, map[string]any{"Directory": issue.Directory(dir), "its Issuer": iss, "JWKS": get(iss.JWKS()).Body.String()})
			// Parts of the text of the file are no better than the key.
			text := string(data)
			lines := strings.Split(strings.TrimSpace(text), "\n")
			for n := len(text) - 2; n > 0; n -= 1 + n/7 {
				write(data[:n])
				_, errNew := issue.New[Claims](issue.Options{}, issue.Directory(dir))
				_, errParse := issue.ParsePrivateKey(data[:n])
				if errNew == nil || errParse == nil {
					t.Fatalf("%s: %d bytes are a key", file, n)
				}
				check(t, private, map[string]any{"New": errNew, "ParsePrivateKey": errParse})
				for _, line := range lines[1 : len(lines)-1] {
					if strings.Contains(errNew.Error()+errParse.Error(), line[:min(len(line), 16)]) {
						t.Errorf("%s: the error for %d bytes shows the file: %v", file, n, errNew)
					}
				}
			}
		}
	})
}
