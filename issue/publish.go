package issue

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp/internal/document"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

const exampleIssuer = "https://issuer.example.com"

// JWKS returns a handler that publishes the public keys (RFC 7517 section 5): those that sign, that
// will sign, and whose tokens may still be good. It never has a secret. Caches keep it for 10
// minutes. [Issuer.Metadata] names this address for it, below the URL of the issuer:
//
//	mux.Handle("/.well-known/jwks.json", iss.JWKS())
//
// An issuer with secrets alone publishes an empty set, and this is logged at Warn.
func (iss *Issuer[C]) JWKS() http.Handler {
	if iss.own == nil {
		return notMade()
	}
	ring := iss.core.ring
	if len(ring.state.Load().algorithms) == 0 {
		logtext.Log(ring.logger, slog.LevelWarn, "issue: JWKS publishes no key, for a secret is never published", slog.String("mend", "sign by NewKey with a private key, or leave JWKS out"))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		document.Serve(w, r, "application/jwk-set+json", maxAge, ring.at(r.Context(), time.Now()).set) // RFC 7517 section 8.5.2
	})
}

// Metadata returns a handler that publishes where the keys are, as [jwks.Discover] and others ask
// for it (OpenID Connect Discovery 1.0, RFC 8414):
//
//	mux.Handle("/.well-known/openid-configuration", iss.Metadata())
//
// Options.Issuer must be a URL of this service: https, or http for loopback. If it is not, the
// handler answers 404, and this is logged at Error.
//
// [jwks.Discover]: https://pkg.go.dev/github.com/jwthttp/jwthttp/jwks#Discover
func (iss *Issuer[C]) Metadata() http.Handler {
	if iss.own == nil {
		return notMade()
	}
	ring, name := iss.core.ring, iss.core.opts.Issuer
	_, err := syntax.CheckURL(name, exampleIssuer)
	if err == nil && strings.Contains(name, "?") {
		err = errors.New("it has a query")
	}
	if err != nil {
		logtext.Log(ring.logger, slog.LevelError, "issue: there is no metadata, for Options.Issuer is not a URL of this service", slog.Any("err", err), slog.String("mend", "set Options.Issuer like "+exampleIssuer+", or leave Metadata out"))
		return http.NotFoundHandler()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		metadata := map[string]any{"issuer": name, "jwks_uri": strings.TrimSuffix(name, "/") + "/.well-known/jwks.json"}
		if all := ring.at(r.Context(), time.Now()).algorithms; len(all) > 0 { // RFC 8414 section 3.2
			metadata["id_token_signing_alg_values_supported"] = all
		}
		document.Serve(w, r, "application/json", maxAge, mustMarshal(metadata))
	})
}

// notMade returns the handler of an Issuer that New has not made.
func notMade() http.Handler {
	logtext.Log(nil, slog.LevelError, errEmpty.Error())
	return http.NotFoundHandler()
}
