package main

import (
	"encoding/json"
	"log"
	"net/http"
	"strconv"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
)

// A User is what a token says of its subject. It must not have a password: a token is signed
// and not encrypted, so everyone who has it can read it.
type User struct {
	ID       int    `json:"id"`
	Username string `json:"username"`
}

// Claims are what the API reads of a token. The issuer adds iat, exp and jti.
type Claims struct {
	Subject string `json:"sub"`
	User    User   `json:"user"`
}

// newHandler returns the API. It returns an error for a secret that is unfit.
func newHandler(secret string) (http.Handler, error) {
	iss, err := issue.New[Claims](issue.Options{Lifetime: time.Hour}, issue.HS256([]byte(secret)))
	if err != nil {
		return nil, err
	}
	auth, err := jwthttp.New[Claims](iss, iss.Options())
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	// A login would check a password here. Every caller is this user.
	mux.HandleFunc("GET /sign-token", func(w http.ResponseWriter, r *http.Request) {
		user := User{ID: 1, Username: "alice"}
		token, _, err := iss.Token(r.Context(), Claims{strconv.Itoa(user.ID), user})
		if err != nil {
			log.Print(err)
			jwthttp.WriteError(w, r, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, http.StatusOK, map[string]string{"token": token})
	})
	mux.Handle("POST /verify-token", auth.Handler(http.HandlerFunc(verifyToken)))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is GET /sign-token and POST /verify-token"})
	})
	return mux, nil
}

// verifyToken is called only with a good token. The middleware answers a request without a
// header, or with a bad one.
func verifyToken(w http.ResponseWriter, r *http.Request) {
	claims, _ := jwthttp.ClaimsFromContext[Claims](r.Context())
	writeJSON(w, http.StatusOK, claims.User)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
