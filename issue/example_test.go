package issue_test

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/jwks"
)

// The examples share this secret. Take yours from the environment.
var exampleSecret = []byte("an example's secret of 32 bytes.")

// User has what handlers read of a token.
type User struct {
	Subject string   `json:"sub"`
	Roles   []string `json:"roles,omitempty"`
}

// Validate refuses a role that does not exist.
func (u User) Validate() error {
	for _, role := range u.Roles {
		if role != "editor" && role != "admin" {
			return fmt.Errorf("there is no role %q", role)
		}
	}
	return nil
}

// What the middleware would refuse is an error where the token is made.
func ExampleIssuer_Token() {
	iss, err := issue.New[User](issue.Options{Audience: []string{"orders"}, Lifetime: time.Hour}, issue.HS256(exampleSecret))
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[User](iss, iss.Options())
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	token, expires, err := iss.Token(ctx, User{"alice", []string{"editor"}}, issue.Claim{Name: "sid", Value: "8d7f"})
	if err != nil {
		log.Fatal(err)
	}
	verified, err := auth.Verify(ctx, token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verified.Claims.Subject, verified.Claims.Roles, verified.ExpiresAt().Equal(expires))

	token, _, err = iss.Token(ctx, User{"bob", []string{"root"}})
	fmt.Printf("%q %v\n", token, errors.Is(err, jwthttp.ErrMisconfigured))
	fmt.Println(err)
	// Output:
	// alice [editor] true
	// "" true
	// issue: the middleware would refuse the token, so change its claims, and not options of the middleware: The access token was refused: there is no role "root"
}

// A successor is accepted at once, and signs from its time on. The program does not have to do
// anything then.
func ExampleKey_From() {
	before, next := issue.HS256(exampleSecret).WithID("2026-05"), issue.HS256([]byte("the secret of the next six months")).WithID("2026-11")
	issuer := func(change time.Time) *issue.Issuer[User] {
		iss, err := issue.New[User](issue.Options{}, before, next.From(change))
		if err != nil {
			log.Fatal(err)
		}
		return iss
	}
	ctx := context.Background()
	soon, over := issuer(time.Now().Add(time.Hour)), issuer(time.Now().Add(-time.Minute))
	auth, err := jwthttp.New[User](soon, soon.Options())
	if err != nil {
		log.Fatal(err)
	}
	for _, iss := range []*issue.Issuer[User]{soon, over} {
		token, _, err := iss.Token(ctx, User{Subject: "alice"})
		if err != nil {
			log.Fatal(err)
		}
		verified, err := auth.Verify(ctx, token)
		fmt.Println(verified.Header.KeyID, err)
	}
	// Output:
	// 2026-05 <nil>
	// 2026-11 <nil>
}

// Another service fetches the public keys. It needs no secret.
func ExampleIssuer_JWKS() {
	server := httptest.NewUnstartedServer(nil)
	url := "http://" + server.Listener.Addr().String() // https://login.example.com, of a real service
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		log.Fatal(err)
	}
	iss, err := issue.New[User](issue.Options{Issuer: url, Audience: []string{"orders"}}, issue.NewKey(jwt.SigningMethodEdDSA, private))
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/.well-known/openid-configuration", iss.Metadata())
	mux.Handle("/.well-known/jwks.json", iss.JWKS())
	server.Config.Handler = mux
	server.Start()
	defer server.Close()

	// The other service knows the URL only.
	keys, err := jwks.Discover(url, jwks.Options{Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	orders, err := jwthttp.New[User](keys, jwthttp.Options{})
	if err != nil {
		log.Fatal(err)
	}
	token, _, err := iss.Token(context.Background(), User{Subject: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	verified, err := orders.Verify(context.Background(), token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verified.Claims.Subject, verified.Header.Algorithm)
	// Output: alice EdDSA
}

// The private key is in a file of ssh-keygen -t ecdsa.
func ExampleNewKey() {
	data, err := os.ReadFile("../internal/jws/testdata/private/ssh-ecdsa-256")
	if err != nil {
		log.Fatal(err)
	}
	private, err := issue.ParsePrivateKey(data)
	if err != nil {
		log.Fatal(err)
	}
	iss, err := issue.New[User](issue.Options{}, issue.NewKey(jwt.SigningMethodES256, private).WithID("2026-11"))
	if err != nil {
		log.Fatal(err)
	}
	token, _, err := iss.Token(context.Background(), User{Subject: "alice"})
	if err != nil {
		log.Fatal(err)
	}
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(parsed.Header["alg"], parsed.Header["kid"])
	// Output: ES256 2026-11
}

// The name of a file is the time from which its key signs.
func ExampleDirectory() {
	dir, err := os.MkdirTemp("", "keys")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	// As a cron job does by: openssl genpkey -algorithm ed25519 -out NAME
	add := func(name string) {
		_, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			log.Fatal(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			log.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			log.Fatal(err)
		}
	}
	add("2026-05-01.pem")
	add(time.Now().UTC().Add(time.Hour).Format("20060102T150405Z") + ".pem")

	iss, err := issue.New[User](issue.Options{}, issue.Directory(dir))
	if err != nil {
		log.Fatal(err)
	}
	w := httptest.NewRecorder()
	iss.JWKS().ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/jwks.json", nil))
	set, err := jwks.Parse(w.Body.Bytes())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(set.Keys), "keys are published")
	// Output: 2 keys are published
}
