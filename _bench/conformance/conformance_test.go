// Package conformance runs those parts of jwthttptest.Conformance on other middlewares that
// apply to every middleware: go -C _bench test -v ./conformance shows what they accept. The
// tests do not fail because of it.
package conformance

import (
	"context"
	"io"
	"net/http"
	"testing"

	auth0 "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/validator"
	"github.com/go-chi/jwtauth/v5"
	jwx "github.com/lestrrat-go/jwx/v2/jwt"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

var next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "in") })

type recorder struct {
	testing.TB
	faults int
}

func (r *recorder) Errorf(format string, args ...any) {
	r.faults++
	r.Logf(format, args...)
}

func examine(t *testing.T, chain http.Handler, setup jwthttptest.Setup) int {
	t.Helper()
	r := &recorder{TB: t}
	jwthttptest.Conformance(r, chain, setup)
	return r.faults
}

func TestJWTHTTP(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	auth, err := jwthttp.New[map[string]any](iss.RS256(), iss.Options())
	if err != nil {
		t.Fatal(err)
	}
	if examine(t, auth.Handler(next), jwthttptest.Setup{Issuer: iss}) > 0 {
		t.Fail()
	}
}

func TestAuth0(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	v, err := validator.New(
		validator.WithKeyFunc(func(context.Context) (any, error) { return iss.PublicKey(), nil }),
		validator.WithAlgorithm(validator.RS256), validator.WithIssuer(iss.URL), validator.WithAudience(iss.Audience),
	)
	if err != nil {
		t.Fatal(err)
	}
	m, err := auth0.New(auth0.WithValidator(v))
	if err != nil {
		t.Fatal(err)
	}
	examine(t, m.CheckJWT(next), jwthttptest.Setup{Issuer: iss, OwnErrors: true})
}

func TestJWTAuth(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	ja := jwtauth.New("RS256", nil, iss.PublicKey(), jwx.WithIssuer(iss.URL), jwx.WithAudience(iss.Audience), jwx.WithRequiredClaim("exp"))
	// Verifier also reads a cookie with the name jwt.
	examine(t, jwtauth.Verifier(ja)(jwtauth.Authenticator(ja)(next)), jwthttptest.Setup{Issuer: iss, OwnErrors: true, Cookie: "jwt"})
}
