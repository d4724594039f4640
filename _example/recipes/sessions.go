package recipes

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log"
	"net/http"
	"time"

	"golang.org/x/oauth2"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// This file has the recipes of docs/sessions.md.

// Users is where the users are, such as a table of your database.
type Users interface {
	Find(ctx context.Context, id string) (User, error)
}

// A User is one of them.
type User struct {
	ID       string
	Name     string
	IsLocked bool
}

type checkPassword = func(*http.Request) (userID string, ok bool)

// A service is what the recipes share.
type service struct {
	sessions *session.Sessions[Claims]
	auth     *jwthttp.Middleware[Claims]
	visitors *jwthttp.Middleware[Claims]
}

func newService(secret []byte, users Users) *service {
	// claims says what a token may say of a user now. It is asked at each login and refresh.
	claims := func(ctx context.Context, s session.Session) (Claims, error) {
		user, err := users.Find(ctx, s.Subject)
		if err != nil {
			return Claims{}, err // a 503, and nobody is logged out.
		}
		if user.IsLocked {
			return Claims{}, session.ErrEnded // the session ends.
		}
		return Claims{Name: user.Name}, nil // sub is set for you.
	}
	iss, err := issue.New[Claims](issue.Options{}, issue.HS256(secret))
	if err != nil {
		log.Fatal(err) // It says what to mend.
	}
	store, err := session.NewMemory(0)
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := session.New(iss, store, claims, session.Options{})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](iss, sessions.Options())
	if err != nil {
		log.Fatal(err)
	}
	opts := sessions.Options()
	opts.AllowAnonymous = true
	visitors, err := jwthttp.New[Claims](iss, opts)
	if err != nil {
		log.Fatal(err)
	}
	return &service{sessions, auth, visitors}
}

func browserSite(s *service, checkPassword checkPassword) http.Handler {
	sessions, auth, visitors := s.sessions, s.auth, s.visitors
	login := func(w http.ResponseWriter, r *http.Request) {
		user, ok := checkPassword(r) // a function of yours
		if !ok {
			http.Error(w, "wrong user or password", http.StatusForbidden)
			return
		}
		if err := sessions.Login(w, r, user); err != nil {
			log.Print(err) // the answer is written
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", login)
	mux.HandleFunc("POST /logout", sessions.Logout)
	mux.Handle("GET /{$}", sessions.Handler(visitors.Handler(http.HandlerFunc(home))))
	mux.Handle("/", sessions.Handler(auth.Handler(http.HandlerFunc(me))))
	return mux
}

func home(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	claims, ok := jwthttp.ClaimsFromContext[Claims](r.Context())
	if !ok {
		io.WriteString(w, `<form method="post" action="/login"><input name="user"><input name="password" type="password"><button>Log in</button></form>`)
		return
	}
	fmt.Fprintf(w, `Hello, %s! <form method="post" action="/logout"><button>Log out</button></form>`, html.EscapeString(claims.Name))
}

func appBackend(s *service, checkPassword checkPassword) http.Handler {
	sessions, auth := s.sessions, s.auth
	login := func(w http.ResponseWriter, r *http.Request) {
		user, ok := checkPassword(r) // a function of yours
		if !ok {
			http.Error(w, "wrong user or password", http.StatusForbidden)
			return
		}
		tokens, err := sessions.Start(r.Context(), user, r.FormValue("device"))
		if errors.Is(err, session.ErrEnded) {
			http.Error(w, "this user is locked", http.StatusForbidden)
			return
		}
		if err != nil {
			log.Print(err)
			jwthttp.WriteError(w, r, err) // a 503 or a 500
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		json.NewEncoder(w).Encode(tokens)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", login)
	mux.HandleFunc("POST /refresh", sessions.Refresh)
	mux.HandleFunc("POST /logout", sessions.Logout)
	mux.Handle("/", auth.Handler(http.HandlerFunc(me)))
	return mux
}

func appClient(ctx context.Context, api string, tokens session.Tokens) *http.Client {
	config := oauth2.Config{Endpoint: oauth2.Endpoint{TokenURL: api + "/refresh", AuthStyle: oauth2.AuthStyleInParams}}
	client := config.Client(ctx, &oauth2.Token{
		AccessToken:  tokens.Access,
		RefreshToken: tokens.Refresh,
		Expiry:       time.Now().Add(time.Duration(tokens.ExpiresIn) * time.Second),
	})
	return client
}

// boundBackend is appBackend for apps that prove a key. api is what they call it.
func boundBackend(secret []byte, api string, claims session.ClaimsFunc[Claims], checkPassword checkPassword) http.Handler {
	proofs, err := dpop.New(dpop.Options{Origins: []string{api}}) // https://api.example.com, as clients call it
	if err != nil {
		log.Fatal(err) // It says what to mend.
	}
	iss, err := issue.New[Claims](issue.Options{Bindings: []jwthttp.Binding{proofs}}, issue.HS256(secret))
	if err != nil {
		log.Fatal(err)
	}
	store, err := session.NewMemory(0)
	if err != nil {
		log.Fatal(err)
	}
	sessions, err := session.New(iss, store, claims, session.Options{})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](iss, sessions.Options())
	if err != nil {
		log.Fatal(err)
	}
	login := func(w http.ResponseWriter, r *http.Request) {
		tokens, err := sessions.StartBound(w, r, r.FormValue("device"), func() (subject string, err error) {
			user, ok := checkPassword(r) // a function of yours
			if !ok {
				http.Error(w, "wrong user or password", http.StatusForbidden)
				return "", errors.New("wrong user or password")
			}
			return user, nil
		})
		if err != nil {
			return // the answer is written, and the log has the reason at Debug
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(tokens)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", login)
	mux.HandleFunc("POST /refresh", sessions.Refresh)
	mux.HandleFunc("POST /logout", sessions.Logout)
	mux.Handle("/", auth.Handler(http.HandlerFunc(me)))
	return mux
}

// newProver returns a client that proves its key in each request to api.
func newProver(api string, signer crypto.Signer) *http.Client {
	key, err := dpop.NewKey(signer) // such as an *ecdsa.PrivateKey of P-256
	if err != nil {
		log.Fatal(err)
	}
	transport, err := dpop.NewTransport(key, dpop.TransportOptions{Origins: []string{api}})
	if err != nil {
		log.Fatal(err)
	}
	prover := &http.Client{Transport: transport}
	return prover
}

func devices(s *service) http.Handler {
	sessions := s.sessions
	list := func(w http.ResponseWriter, r *http.Request) {
		token, _ := jwthttp.TokenFromContext[Claims](r.Context())
		all, err := sessions.List(r.Context(), token.Claims.Subject)
		if err != nil {
			jwthttp.WriteError(w, r, err) // a 503
			return
		}
		for _, device := range all {
			isThis := device.ID == token.SessionID()
			fmt.Fprintln(w, device.ID, device.About, device.LastUsed.Format(time.DateOnly), isThis)
		}
	}
	endOthers := func(w http.ResponseWriter, r *http.Request) {
		token, _ := jwthttp.TokenFromContext[Claims](r.Context())
		if err := sessions.EndOthers(r.Context(), token.Claims.Subject, token.SessionID()); err != nil {
			jwthttp.WriteError(w, r, err) // a 503: it may be called again
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
	logoutEverywhere := func(w http.ResponseWriter, r *http.Request) {
		token, _ := jwthttp.TokenFromContext[Claims](r.Context())
		if err := sessions.EndOthers(r.Context(), token.Claims.Subject, ""); err != nil {
			jwthttp.WriteError(w, r, err) // a 503: it may be called again
			return
		}
		sessions.Logout(w, r)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /devices", list)
	mux.HandleFunc("POST /devices/end-others", endOthers)
	mux.HandleFunc("POST /devices/logout-everywhere", logoutEverywhere)
	return sessions.Handler(s.auth.Handler(mux))
}
