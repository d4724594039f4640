package recipes

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/mtls"
)

// Three calls: an issuer, the middleware that accepts its tokens, and a token.
func Example_issue() {
	ctx, secret := context.Background(), []byte("a secret of 32 bytes for testing")
	iss, err := issue.New[Claims](issue.Options{Lifetime: time.Hour}, issue.HS256(secret))
	auth, err := jwthttp.New[Claims](iss, iss.Options())
	token, expires, err := iss.Token(ctx, Claims{Subject: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	verified, err := auth.Verify(ctx, token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verified.Claims.Subject, verified.ExpiresAt().Equal(expires))
	// Output: alice true
}

func asAlice(*http.Request) (string, bool)  { return "alice", true }
func asNobody(*http.Request) (string, bool) { return "", false }

// writeKey writes a new private key in PKCS #8 to a file.
func writeKey(t *testing.T, file string, key crypto.Signer) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err == nil {
		err = os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func newP256(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func mustToken(t *testing.T, iss *issue.Issuer[Claims]) string {
	t.Helper()
	token, _, err := iss.Token(t.Context(), Claims{Subject: "alice"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func keyIDOf(t *testing.T, token string) any {
	t.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	return parsed.Header["kid"]
}

func TestIssuing(t *testing.T) {
	secret := []byte("a secret of 32 bytes for testing")
	iss, err := issue.New[Claims](issue.Options{}, issue.HS256(secret))
	if err != nil {
		t.Fatal(err)
	}

	t.Run("a token", func(t *testing.T) {
		h := tokenService(secret, asAlice)
		w := send(h, "POST", "/token")
		wants(t, w, 200, "eyJ")
		wants(t, send(h, "GET", "/", "Authorization: Bearer "+w.Body.String()), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/"), 401, "")
		wants(t, send(tokenService(secret, asNobody), "POST", "/token"), 403, "password")
	})
	t.Run("a cookie", func(t *testing.T) {
		h := cookieLogin(iss, asAlice)
		wants(t, send(h, "GET", "/"), 401, "")
		wants(t, send(h, "POST", "/login", "Sec-Fetch-Site: cross-site"), 403, "")
		w := send(h, "POST", "/login")
		wants(t, w, 200, "")
		cookie := "Cookie: " + strings.Split(w.Header().Get("Set-Cookie"), ";")[0]
		wants(t, send(h, "GET", "/", cookie), 200, "Hello, alice!")
		wants(t, send(h, "POST", "/", cookie, "Sec-Fetch-Site: cross-site"), 403, "cross_origin")
		w = send(cookieLogin(iss, asNobody), "POST", "/login")
		if wants(t, w, 403, "password"); w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%v", w.Header())
		}
	})
	t.Run("a KMS", func(t *testing.T) {
		private := newP256(t)
		mustToken(t, withKMS(kms(func(ctx context.Context, digest []byte) ([]byte, error) {
			return private.Sign(rand.Reader, digest, crypto.SHA256)
		}), &private.PublicKey))

		down := withKMS(kms(func(ctx context.Context, digest []byte) ([]byte, error) {
			return nil, errors.New("connection refused")
		}), &private.PublicKey)
		if token, _, err := down.Token(t.Context(), Claims{Subject: "alice"}); token != "" || !errors.Is(err, jwthttp.ErrUnavailable) {
			t.Errorf("%q, %v", token, err)
		}
	})
	t.Run("a successor", func(t *testing.T) {
		t.Chdir(t.TempDir())
		writeKey(t, "key-2026-05.pem", newP256(t))
		writeKey(t, "key-2026-11.pem", newP256(t))
		synctest.Test(t, func(t *testing.T) { // it begins in 2000
			iss := rotatingKeys()
			before := mustToken(t, iss)
			change := time.Date(2026, time.December, 1, 3, 0, 0, 0, time.UTC)
			time.Sleep(time.Until(change) - time.Second)
			last := mustToken(t, iss)
			time.Sleep(time.Second)
			after := mustToken(t, iss)
			if keyIDOf(t, before) != keyIDOf(t, last) || keyIDOf(t, last) == keyIDOf(t, after) {
				t.Errorf("kid %v, %v, %v", keyIDOf(t, before), keyIDOf(t, last), keyIDOf(t, after))
			}
			auth, err := jwthttp.New[Claims](iss, iss.Options())
			if err != nil {
				t.Fatal(err)
			}
			for _, token := range []string{last, after} {
				if _, err := auth.Verify(t.Context(), token); err != nil {
					t.Error(err)
				}
			}
		})
	})
	t.Run("a directory", func(t *testing.T) {
		dir := t.TempDir()
		_, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		writeKey(t, filepath.Join(dir, "2026-05-01.pem"), key)
		writeKey(t, filepath.Join(dir, "2999-01-01.pem"), newP256(t))
		mustToken(t, keysInADirectory(dir))
	})
	t.Run("another service", func(t *testing.T) {
		server := httptest.NewUnstartedServer(nil)
		url := "http://" + server.Listener.Addr().String()
		iss, handler := published(url, issue.NewKey(jwt.SigningMethodES256, newP256(t)))
		server.Config.Handler = handler
		server.Start()
		defer server.Close()
		auth, keys := otherService(url)
		defer keys.Close()
		if verified, err := auth.Verify(t.Context(), mustToken(t, iss)); err != nil || verified.Claims.Subject != "alice" {
			t.Errorf("%v, %v", verified, err)
		}
	})
	t.Run("a bound token", func(t *testing.T) {
		proofs, err := dpop.New(dpop.Options{Origins: []string{"https://api.example.com"}})
		if err != nil {
			t.Fatal(err)
		}
		iss := boundTokens(proofs, issue.HS256(secret))
		auth, err := jwthttp.New[Claims](iss, iss.Options())
		if err != nil {
			t.Fatal(err)
		}
		key, err := dpop.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		login := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			serveBoundToken(w, r, iss, proofs, func(*http.Request) (string, bool) { return "alice", true })
		})
		wants(t, send(login, "POST", "/token"), 400, "{\"error\":\"invalid_dpop_proof\"}\n")
		proof, err := key.Proof("POST", "https://api.example.com/token", "", "")
		if err != nil {
			t.Fatal(err)
		}
		w := send(login, "POST", "/token", "DPoP: "+proof)
		token := w.Body.String()
		wants(t, w, 200, token)
		if proof, err = key.Proof("GET", "https://api.example.com/", token, ""); err != nil {
			t.Fatal(err)
		}
		h := auth.Handler(http.HandlerFunc(me))
		wants(t, send(h, "GET", "/", "Authorization: DPoP "+token, "DPoP: "+proof), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/", "Authorization: Bearer "+token), 401, "")
		for _, thumbprint := range []string{"", "x"} {
			cnf := issue.Claim{Name: "cnf", Value: map[string]string{"jkt": thumbprint}}
			if token, _, err := iss.Token(t.Context(), Claims{Subject: "alice"}, cnf); token != "" || !errors.Is(err, jwthttp.ErrMisconfigured) {
				t.Errorf("%q: %q, %v", thumbprint, token, err)
			}
		}
	})
}

// One issuer binds tokens by proofs and by certificates, and one route takes either.
func TestEitherKind(t *testing.T) {
	proofs, err := dpop.New(dpop.Options{Origins: []string{"https://api.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	certificates, err := mtls.Forwarded("X-SSL-Client-Cert", mtls.EscapedPEM, "192.0.2.1") // as httptest has it
	if err != nil {
		t.Fatal(err)
	}
	key, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(nil)
	server.Close()
	der := server.TLS.Certificates[0].Certificate[0]
	thumbprint := sha256.Sum256(der)
	certificate := "X-SSL-Client-Cert: " + url.PathEscape(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	clientOf := map[string]string{"": "a client without a certificate", base64.RawURLEncoding.EncodeToString(thumbprint[:]): "partner"}

	iss := eitherKind(proofs, certificates, issue.HS256([]byte("a secret of 32 bytes for testing")))
	auth, err := jwthttp.New[Claims](iss, iss.Options())
	if err != nil {
		t.Fatal(err)
	}
	h := auth.Handler(http.HandlerFunc(me))
	issuing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { serveCertificateToken(w, r, iss, certificates, clientOf) })
	wants(t, send(issuing, "POST", "/token"), 401, "no client certificate")
	token := send(issuing, "POST", "/token", certificate).Body.String()
	wants(t, send(h, "GET", "/", "Authorization: Bearer "+token, certificate), 200, "Hello, partner!")
	wants(t, send(h, "GET", "/", "Authorization: Bearer "+token), 401, "")

	login := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serveBoundToken(w, r, iss, proofs, func(*http.Request) (string, bool) { return "alice", true })
	})
	proof := func(method, path, token string) string {
		p, err := key.Proof(method, "https://api.example.com"+path, token, "")
		if err != nil {
			t.Fatal(err)
		}
		return "DPoP: " + p
	}
	token = send(login, "POST", "/token", proof("POST", "/token", "")).Body.String()
	wants(t, send(h, "GET", "/", "Authorization: DPoP "+token, proof("GET", "/", token)), 200, "Hello, alice!")
	wants(t, send(h, "GET", "/", "Authorization: Bearer "+token, certificate), 401, "")
}

// A kms signs by a function.
type kms func(ctx context.Context, digest []byte) ([]byte, error)

func (k kms) Sign(ctx context.Context, digest []byte) ([]byte, error) { return k(ctx, digest) }
