package denylist_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/issue"
)

// The examples share this secret. Take yours from the environment.
var exampleSecret = []byte("an example's secret of 32 bytes.")

// login issues a token that a list can revoke, because it has jti, iat and exp.
func login(subject string) string {
	iss, err := issue.New[jwt.RegisteredClaims](issue.Options{Issuer: "https://login.example.com"}, issue.HS256(exampleSecret))
	if err != nil {
		log.Fatal(err)
	}
	token, _, err := iss.Token(context.Background(), jwt.RegisteredClaims{Subject: subject})
	if err != nil {
		log.Fatal(err)
	}
	return token
}

func request(h http.Handler, method, token string) {
	r := httptest.NewRequest(method, "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(method, w.Code, w.Body)
}

// A logout revokes the token of its request and no other.
func ExampleCheck() {
	revoked, err := denylist.NewMemory(denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New(jwthttp.HS256(exampleSecret), jwthttp.Options{}, denylist.Check[jwt.RegisteredClaims](revoked))
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](r.Context())
		fmt.Fprint(w, "Hello, ", claims.Subject)
	})
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		token, _ := jwthttp.TokenFromContext[jwt.RegisteredClaims](r.Context())
		if err := denylist.Revoke(r.Context(), revoked, token); err != nil {
			slog.Error("logout", "err", err) // WriteError does not log it
			jwthttp.WriteError(w, r, err)    // a 503 if the list is out of reach
			return
		}
		fmt.Fprint(w, "Goodbye")
	})
	h := auth.Handler(mux)

	phone, laptop := login("alice"), login("alice")
	request(h, "GET", phone)
	request(h, "POST", phone)
	request(h, "GET", phone)
	request(h, "GET", laptop)
	// Output:
	// GET 200 Hello, alice
	// POST 200 Goodbye
	// GET 401 {"title":"Unauthorized","status":401,"detail":"The access token was refused","error":"invalid_token"}
	//
	// GET 200 Hello, alice
}

// A logout everywhere follows a change of password or the closing of an account.
func ExampleList_RevokeSubject() {
	revoked, err := denylist.NewMemory(denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New(jwthttp.HS256(exampleSecret), jwthttp.Options{}, denylist.Check[jwt.RegisteredClaims](revoked))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	phone, laptop, bob := login("alice"), login("alice"), login("bob")

	if err := revoked.RevokeSubject(ctx, "https://login.example.com", "alice", time.Now()); err != nil {
		log.Fatal(err)
	}
	for _, token := range []string{phone, laptop, bob} {
		_, err := auth.Verify(ctx, token)
		fmt.Println(errors.Is(err, denylist.ErrRevoked))
	}
	// Output:
	// true
	// true
	// false
}

// The provider calls when alice logs out there. Her session ends, and that of another login does not.
func ExampleBackChannel() {
	revoked, err := denylist.NewMemory(denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	// The keys of a real provider come from jwks.Discover, which knows the issuer.
	keys := jwthttp.HS256(exampleSecret).WithIssuer("https://login.example.com")
	logout, err := denylist.BackChannel(keys, "my-client", revoked)
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New(keys, jwthttp.Options{}, denylist.Check[jwt.RegisteredClaims](revoked))
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/backchannel-logout", logout) // for the provider, which has no access token
	mux.Handle("/", auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "Hello") })))

	// What follows is the provider's part.
	now := time.Now().Unix()
	sign := func(typ string, claims jwt.MapClaims) string {
		claims["iss"], claims["sub"], claims["jti"] = "https://login.example.com", "alice", "1"
		claims["iat"], claims["exp"] = now, now+120
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
		token.Header["typ"] = typ
		raw, err := token.SignedString(exampleSecret)
		if err != nil {
			log.Fatal(err)
		}
		return raw
	}
	phone, laptop := sign("at+jwt", jwt.MapClaims{"sid": "08a5019c"}), sign("at+jwt", jwt.MapClaims{"sid": "f1c2ab77"})
	request(mux, "GET", phone)

	events := map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}
	logoutToken := sign("logout+jwt", jwt.MapClaims{"aud": "my-client", "sid": "08a5019c", "events": events})
	r := httptest.NewRequest("POST", "/backchannel-logout", strings.NewReader(url.Values{"logout_token": {logoutToken}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	fmt.Println("POST", w.Code)

	request(mux, "GET", phone)
	request(mux, "GET", laptop)
	// Output:
	// GET 200 Hello
	// POST 200
	// GET 401 {"title":"Unauthorized","status":401,"detail":"The access token was refused","error":"invalid_token"}
	//
	// GET 200 Hello
}
