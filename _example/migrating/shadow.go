package migrating

import (
	"log/slog"
	"net/http"

	"github.com/jwthttp/jwthttp"
)

// shadow logs what auth would refuse, and calls next all the same.
func shadow(auth *jwthttp.Middleware[Claims], next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := auth.Authenticate(r); err != nil {
			slog.WarnContext(r.Context(), "would be refused", "err", err)
		}
		next.ServeHTTP(w, r)
	})
}
