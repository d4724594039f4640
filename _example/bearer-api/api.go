package main

import (
	"encoding/json"
	"log"
	"net/http"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

// A User is what a token says of its subject. It must not have a password: a token is signed
// and not encrypted, so everyone who has it can read it.
type User struct {
	ID       int    `json:"id"`
	Username string `json:"username"`
}

// Claims are a user and the claims of every token: sub, iat and exp.
type Claims struct {
	User User `json:"user"`
	jwt.RegisteredClaims
}

const lifetime = time.Hour

// newHandler returns the API. It returns an error for a secret that is unfit.
func newHandler(secret string) (http.Handler, error) {
	auth, err := jwthttp.New[Claims](jwthttp.HS256([]byte(secret)), jwthttp.Options{})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sign-token", signToken([]byte(secret)))
	mux.Handle("POST /verify-token", auth.Handler(http.HandlerFunc(verifyToken)))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is GET /sign-token and POST /verify-token"})
	})
	return mux, nil
}

// signToken is where a login would check a password. Here every caller is this user.
func signToken(secret []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, now := User{ID: 1, Username: "alice"}, time.Now()
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, Claims{user, jwt.RegisteredClaims{
			Subject: strconv.Itoa(user.ID), IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
		}}).SignedString(secret)
		if err != nil {
			log.Print(err)
			writeJSON(w, http.StatusInternalServerError, map[string]string{"error": "no token could be signed"})
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, http.StatusOK, map[string]string{"token": token})
	}
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
