// Package migrating has the programs of docs/migrating.md under the headings "After", so
// that they are compiled and run.
package migrating

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/jwthttp/jwthttp"
)

// Claims are what the handlers read of a token, registered claims among them.
type Claims struct {
	Subject string `json:"sub"`
	Scope   string `json:"scope"`
}

// Validate is called for every token. A rule that needs a context is an argument of New.
func (c Claims) Validate() error {
	if c.Scope == "" {
		return errors.New("no scope")
	}
	return nil
}

func orders(w http.ResponseWriter, r *http.Request) {
	claims, ok := jwthttp.ClaimsFromContext[Claims](r.Context())
	if !ok { // no token: only under AllowAnonymous
		fmt.Fprintln(w, "Hello, guest!")
		return
	}
	fmt.Fprintf(w, "Hello, %s!\n", claims.Subject)
}

func loginAgain(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, jwthttp.ErrInvalidToken) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("WWW-Authenticate", `Bearer realm="api", error="invalid_token"`)
		http.Error(w, "log in again", http.StatusUnauthorized)
		return
	}
	jwthttp.WriteError(w, r, err) // no token, 400, 403, 503
}
