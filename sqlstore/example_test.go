package sqlstore_test

import (
	"context"
	"database/sql"
	"log"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
	"github.com/jwthttp/jwthttp/sqlstore"
)

// Claims are what the handlers read of a token.
type Claims struct {
	Subject string `json:"sub"`
}

// Sessions in a file, whose access tokens end with them. The program imports modernc.org/sqlite.
func Example() {
	db, err := sql.Open("sqlite", "file:app.db?_pragma=busy_timeout(1500)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		log.Fatal(err) // It says what to mend.
	}
	defer db.Close()
	store, err := sqlstore.New(db, sqlstore.SQLite, sqlstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Migrate(context.Background()); err != nil {
		log.Fatal(err)
	}
	revoked, err := store.Denylist(denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	iss, err := issue.New[Claims](issue.Options{}, issue.HS256([]byte("an example's secret of 32 bytes.")))
	if err != nil {
		log.Fatal(err)
	}
	claims := func(_ context.Context, s session.Session) (Claims, error) { return Claims{Subject: s.Subject}, nil }
	sessions, err := session.New(iss, store, claims, session.Options{Revoked: revoked})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New(iss, sessions.Options(), denylist.Check[Claims](revoked))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /refresh", sessions.Refresh)
	http.HandleFunc("POST /logout", sessions.Logout)
	http.Handle("/", sessions.Handler(auth.Handler(http.FileServer(http.Dir("pages")))))
}
