package main

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/mux"
	"github.com/justinas/alice"
	"github.com/rs/cors"

	"github.com/jwthttp/jwthttp"
)

// plainMux is http.ServeMux. It answers other methods (405) and paths (404) itself, with or
// without a token. A pattern for GET also serves HEAD.
func plainMux(auth *jwthttp.Middleware[Claims]) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.Handle("GET /me", auth.Handler(http.HandlerFunc(me)))
	mux.Handle("POST /notes", auth.Handler(http.HandlerFunc(notes)))
	mux.Handle("GET /admin", auth.Handler(jwthttp.RequireScopes("admin")(http.HandlerFunc(admin))))
	mux.Handle("GET /events", auth.Handler(http.HandlerFunc(events)))
	mux.Handle("GET /socket", auth.Handler(http.HandlerFunc(socket)))
	return mux
}

// aliceChain shows the order: outermost first, and the guard inside the middleware.
func aliceChain(auth *jwthttp.Middleware[Claims]) http.Handler {
	protected := alice.New(auth.Handler)
	admins := protected.Append(jwthttp.RequireScopes("admin"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.Handle("GET /me", protected.ThenFunc(me))
	mux.Handle("POST /notes", protected.ThenFunc(notes))
	mux.Handle("GET /admin", admins.ThenFunc(admin))
	mux.Handle("GET /events", protected.ThenFunc(events))
	mux.Handle("GET /socket", protected.ThenFunc(socket))
	return mux
}

// chiRouter uses a Group. The public route is outside of it. A Get route of chi serves HEAD
// only with middleware.GetHead.
func chiRouter(auth *jwthttp.Middleware[Claims]) http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.GetHead)
	r.Get("/", home)
	r.Group(func(r chi.Router) {
		r.Use(auth.Handler)
		r.Get("/me", me)
		r.Post("/notes", notes)
		r.With(jwthttp.RequireScopes("admin")).Get("/admin", admin)
		r.Get("/events", events)
		r.Get("/socket", socket)
	})
	return r
}

// gorillaRouter uses a subrouter without a prefix. Its middleware runs for routes that match
// in path and method. HEAD is a method that a route must name.
func gorillaRouter(auth *jwthttp.Middleware[Claims]) http.Handler {
	r := mux.NewRouter()
	r.HandleFunc("/", home).Methods("GET")
	protected := r.NewRoute().Subrouter()
	protected.Use(auth.Handler)
	protected.HandleFunc("/me", me).Methods("GET", "HEAD")
	protected.HandleFunc("/notes", notes).Methods("POST")
	protected.Handle("/admin", jwthttp.RequireScopes("admin")(http.HandlerFunc(admin))).Methods("GET", "HEAD")
	protected.HandleFunc("/events", events).Methods("GET")
	protected.HandleFunc("/socket", socket).Methods("GET")
	return r
}

func newCORS() *cors.Cors {
	return cors.New(cors.Options{
		AllowedOrigins: []string{"https://app.example"},
		AllowedMethods: []string{"GET", "POST"},
		AllowedHeaders: []string{"Authorization", "Content-Type"},
		ExposedHeaders: []string{"WWW-Authenticate", "Retry-After"}, // scripts may read these of a refusal
	})
}

// corsOutside is right. A preflight request never has a token, and a script can only read a
// refusal that has CORS headers. An origin that may send the cookie needs AllowCredentials
// here, and Options.TrustedOrigins of jwthttp.
func corsOutside(auth *jwthttp.Middleware[Claims]) http.Handler {
	return newCORS().Handler(plainMux(auth))
}

// corsInside shows the wrong order. The preflight request gets a 401, so scripts of other
// origins cannot use the API. It is not less secure.
func corsInside(auth *jwthttp.Middleware[Claims]) http.Handler {
	api := http.NewServeMux()
	api.HandleFunc("GET /me", me)
	api.HandleFunc("POST /notes", notes)
	api.Handle("GET /admin", jwthttp.RequireScopes("admin")(http.HandlerFunc(admin)))
	api.HandleFunc("GET /events", events)
	api.HandleFunc("GET /socket", socket)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", home)
	mux.Handle("/", auth.Handler(newCORS().Handler(api)))
	return mux
}
