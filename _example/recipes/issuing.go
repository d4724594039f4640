package recipes

import (
	"context"
	"crypto"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cookie"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/jwks"
	"github.com/jwthttp/jwthttp/mtls"
)

// This file has the recipes of docs/issuing.md.

func tokenService(secret []byte, checkPassword func(*http.Request) (user string, ok bool)) http.Handler {
	iss, err := issue.New[Claims](issue.Options{Lifetime: time.Hour}, issue.HS256(secret))
	if err != nil {
		log.Fatal(err) // says what to mend
	}
	auth, err := jwthttp.New[Claims](iss, iss.Options())
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		user, ok := checkPassword(r)
		if !ok {
			http.Error(w, "wrong user or password", http.StatusForbidden)
			return
		}
		serveToken(w, r, iss, user)
	})
	mux.Handle("/", auth.Handler(http.HandlerFunc(me)))
	return mux
}

func serveToken(w http.ResponseWriter, r *http.Request, iss *issue.Issuer[Claims], user string) {
	token, _, err := iss.Token(r.Context(), Claims{Subject: user})
	if err != nil {
		slog.Error("no token", "err", err) // WriteError does not log it
		jwthttp.WriteError(w, r, err)      // a 503 or a 500
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, token)
}

func cookieLogin(iss *issue.Issuer[Claims], checkPassword func(*http.Request) (user string, ok bool)) http.Handler {
	loginCookie, err := cookie.New(cookie.Options{})
	if err != nil {
		log.Fatal(err)
	}
	opts := iss.Options()
	opts.Extractors = []jwthttp.Extractor{loginCookie.Extractor()}
	auth, err := jwthttp.New[Claims](iss, opts)
	if err != nil {
		log.Fatal(err)
	}
	login := func(w http.ResponseWriter, r *http.Request) {
		user, ok := checkPassword(r) // a function of yours
		if !ok {
			http.Error(w, "wrong user or password", http.StatusForbidden)
			return
		}
		token, expires, err := iss.Token(r.Context(), Claims{Subject: user})
		if err == nil {
			err = loginCookie.Set(w, token, expires)
		}
		if err != nil {
			slog.Error("no login", "err", err)
			jwthttp.WriteError(w, r, err) // a 503 or a 500
		}
	}
	mux := http.NewServeMux()
	mux.Handle("POST /login", http.NewCrossOriginProtection().Handler(http.HandlerFunc(login)))
	mux.Handle("/", auth.Handler(http.HandlerFunc(me)))
	return mux
}

func keyFromFile(file string) issue.Key {
	data, err := os.ReadFile(file) // openssl or ssh-keygen has written it.
	if err != nil {
		log.Fatal(err)
	}
	private, err := issue.ParsePrivateKey(data)
	if err != nil {
		log.Fatal(err)
	}
	return issue.NewKey(jwt.SigningMethodES256, private)
}

// A KMS is the client of a key management service. It has the key in it sign a digest.
type KMS interface {
	Sign(ctx context.Context, digest []byte) (der []byte, err error)
}

// A kmsKey is a crypto.Signer whose private key never leaves the service.
type kmsKey struct {
	client KMS
	public crypto.PublicKey // from the service, or from a file of yours
}

func (k kmsKey) Public() crypto.PublicKey { return k.public }

// SignContext is what package issue calls.
func (k kmsKey) SignContext(ctx context.Context, _ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	return k.client.Sign(ctx, digest)
}

// Sign makes it a crypto.Signer. Package issue does not call it.
func (k kmsKey) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.SignContext(context.Background(), rand, digest, opts)
}

func withKMS(client KMS, public crypto.PublicKey) *issue.Issuer[Claims] {
	iss, err := issue.New[Claims](issue.Options{}, issue.NewKey(jwt.SigningMethodES256, kmsKey{client, public}))
	if err != nil {
		log.Fatal(err)
	}
	return iss
}

func rotatingKeys() *issue.Issuer[Claims] {
	iss, err := issue.New[Claims](issue.Options{Lifetime: time.Hour},
		keyFromFile("key-2026-05.pem"),
		keyFromFile("key-2026-11.pem").From(time.Date(2026, time.December, 1, 3, 0, 0, 0, time.UTC)),
	)
	if err != nil {
		log.Fatal(err)
	}
	return iss
}

func keysInADirectory(path string) *issue.Issuer[Claims] {
	iss, err := issue.New[Claims](issue.Options{Lifetime: time.Hour}, issue.Directory(path))
	if err != nil {
		log.Fatal(err)
	}
	return iss
}

func published(url string, key issue.Key) (*issue.Issuer[Claims], http.Handler) {
	iss, err := issue.New[Claims](issue.Options{
		Issuer:   url, // https://login.example.com, which is this service
		Audience: []string{"orders"},
	}, key)
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/.well-known/openid-configuration", iss.Metadata())
	mux.Handle("/.well-known/jwks.json", iss.JWKS())
	return iss, mux
}

func otherService(url string) (*jwthttp.Middleware[Claims], *jwks.Source) {
	keys, err := jwks.Discover(url, jwks.Options{Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	return auth, keys
}

func boundTokens(proofs jwthttp.Binding, key issue.Key) *issue.Issuer[Claims] {
	iss, err := issue.New[Claims](issue.Options{Bindings: []jwthttp.Binding{proofs}}, key)
	if err != nil {
		log.Fatal(err)
	}
	return iss
}

// serveBoundToken is a login. The token is bound to the key of the proof.
func serveBoundToken(w http.ResponseWriter, r *http.Request, iss *issue.Issuer[Claims], proofs *dpop.Verifier, checkPassword checkPassword) {
	thumbprint, use, err := proofs.TokenRequest(r)
	if err != nil {
		log.Print(err)
		proofs.WriteTokenError(w, r, err) // a 400
		return
	}
	user, ok := checkPassword(r) // a function of yours
	if !ok {
		http.Error(w, "wrong user or password", http.StatusForbidden)
		return
	}
	if err := use(); err != nil { // the proof is good once
		log.Print(err)
		proofs.WriteTokenError(w, r, err) // a 400 or a 503
		return
	}
	cnf := issue.Claim{Name: "cnf", Value: map[string]string{"jkt": thumbprint}}
	token, _, err := iss.Token(r.Context(), Claims{Subject: user}, cnf)
	if err != nil {
		log.Print(err)
		jwthttp.WriteError(w, r, err) // a 503 or a 500
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, token)
}

func eitherKind(proofs *dpop.Verifier, certificates *mtls.Binding, key issue.Key) *issue.Issuer[Claims] {
	iss, err := issue.New[Claims](issue.Options{Bindings: []jwthttp.Binding{proofs, certificates}}, key)
	if err != nil {
		log.Fatal(err)
	}
	return iss
}

// serveCertificateToken issues a token that is bound to the certificate of a registered client.
func serveCertificateToken(w http.ResponseWriter, r *http.Request, iss *issue.Issuer[Claims], certificates *mtls.Binding, clientOf map[string]string) {
	thumbprint, err := certificates.Thumbprint(r)
	if err != nil {
		log.Print(err) // no certificate, or not from the proxy
		http.Error(w, "no client certificate", http.StatusUnauthorized)
		return
	}
	client, ok := clientOf[thumbprint] // your table of certificates
	if !ok {
		http.Error(w, "unknown client", http.StatusUnauthorized)
		return
	}
	cnf := issue.Claim{Name: "cnf", Value: map[string]string{"x5t#S256": thumbprint}}
	token, _, err := iss.Token(r.Context(), Claims{Subject: client}, cnf)
	if err != nil {
		log.Print(err)
		jwthttp.WriteError(w, r, err) // a 503 or a 500
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, token)
}
