package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"html/template"
	"log"
	"net/http"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// Claims are what the access tokens say of a user.
type Claims struct {
	Subject string `json:"sub"`
	Name    string `json:"name"`
}

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

type site struct {
	sessions *session.Sessions[Claims]
}

// newHandler is the whole site. A login here checks no password: every name is a user.
func newHandler(iss *issue.Issuer[Claims], store session.Store, opts session.Options) (http.Handler, error) {
	sessions, err := session.New(iss, store, claimsOf, opts)
	if err != nil {
		return nil, err
	}
	auth, err := jwthttp.New(iss, sessions.Options(), denylist.Check[Claims](opts.Revoked))
	if err != nil {
		return nil, err
	}
	optional := sessions.Options()
	optional.AllowAnonymous = true
	welcome, err := jwthttp.New(iss, optional, denylist.Check[Claims](opts.Revoked))
	if err != nil {
		return nil, err
	}
	s := &site{sessions}
	user := func(h http.HandlerFunc) http.Handler { return sessions.Handler(auth.Handler(h)) }
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", sessions.Handler(welcome.Handler(http.HandlerFunc(s.welcome))))
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /refresh", sessions.Refresh)
	mux.HandleFunc("POST /logout", sessions.Logout)
	mux.Handle("GET /me", user(s.me))
	mux.Handle("GET /devices", user(s.devices))
	mux.Handle("POST /devices/end", user(s.end))
	mux.Handle("POST /devices/end-others", user(s.endOthers))
	return mux, nil
}

// claimsOf is called at each login and refresh. A real one looks the user up.
func claimsOf(_ context.Context, s session.Session) (Claims, error) {
	return Claims{Subject: s.Subject, Name: "The user " + s.Subject}, nil
}

func (s *site) login(w http.ResponseWriter, r *http.Request) {
	if err := s.sessions.Login(w, r, r.PostFormValue("user")); err != nil {
		log.Print(err) // the answer is written
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// token is the login of an app, which keeps its tokens itself.
func (s *site) token(w http.ResponseWriter, r *http.Request) {
	tokens, err := s.sessions.Start(r.Context(), r.PostFormValue("user"), r.UserAgent())
	if err != nil {
		jwthttp.WriteError(w, r, err)
		return
	}
	writeJSON(w, tokens)
}

func (s *site) welcome(w http.ResponseWriter, r *http.Request) {
	claims, _ := jwthttp.ClaimsFromContext[Claims](r.Context())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	if err := page.Execute(w, claims); err != nil {
		log.Print(err) // the browser has gone
	}
}

func (s *site) me(w http.ResponseWriter, r *http.Request) {
	claims, _ := jwthttp.ClaimsFromContext[Claims](r.Context())
	writeJSON(w, claims)
}

// devices lists the sessions of the user. current is the one that asks.
func (s *site) devices(w http.ResponseWriter, r *http.Request) {
	token, _ := jwthttp.TokenFromContext[Claims](r.Context())
	all, err := s.sessions.List(r.Context(), token.Claims.Subject)
	if err != nil {
		jwthttp.WriteError(w, r, err)
		return
	}
	type device struct {
		ID        string `json:"id"`
		About     string `json:"about"`
		LoggedIn  string `json:"logged_in"`
		LastUsed  string `json:"last_used"`
		IsCurrent bool   `json:"current"`
	}
	devices := []device{}
	for _, one := range all {
		devices = append(devices, device{one.ID, one.About, one.LoggedIn.UTC().Format(http.TimeFormat), one.LastUsed.UTC().Format(http.TimeFormat), one.ID == token.SessionID()})
	}
	writeJSON(w, devices)
}

func (s *site) end(w http.ResponseWriter, r *http.Request) {
	token, _ := jwthttp.TokenFromContext[Claims](r.Context())
	answer(w, r, s.sessions.End(r.Context(), token.Claims.Subject, r.PostFormValue("id")))
}

func (s *site) endOthers(w http.ResponseWriter, r *http.Request) {
	token, _ := jwthttp.TokenFromContext[Claims](r.Context())
	answer(w, r, s.sessions.EndOthers(r.Context(), token.Claims.Subject, token.SessionID()))
}

func answer(w http.ResponseWriter, r *http.Request, err error) {
	if err != nil {
		jwthttp.WriteError(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		log.Print(err)
	}
}
