// Observe reports the result of every request to log/slog, Prometheus and OpenTelemetry.
//
//	go run ./observe          serves, and prints requests to try
//	go run ./observe -check   sends those requests itself and checks the answers
//
// Log records are on standard error, and so are spans. A real program sends spans to a collector. ADDR is its address, 127.0.0.1:5000 if unset.
package main

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_example/internal/try"
	"github.com/jwthttp/jwthttp/issue"
)

// Claims are what the API reads of a token.
type Claims struct {
	Subject string `json:"sub"`
}

func main() {
	demo := try.Start()
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(os.Stderr))
	if err != nil {
		log.Fatal(err)
	}
	// A real program uses WithBatcher, and a Shutdown at the end that sends the rest.
	tracing := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	secret := make([]byte, 32)
	rand.Read(secret)
	handler, err := newHandler(secret, slog.New(slog.NewJSONHandler(os.Stderr, nil)), tracing.Tracer("observe"))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	if err := demo.Serve(server.Serve, steps(demo.URL)); err != nil {
		log.Fatal(err)
	}
}

func newHandler(secret []byte, logger *slog.Logger, tracer trace.Tracer) (http.Handler, error) {
	registry := prometheus.NewRegistry()
	metrics, err := newMetrics(registry)
	if err != nil {
		return nil, err
	}
	iss, err := issue.New[Claims](issue.Options{Lifetime: time.Hour}, issue.HS256(secret).WithID("demo-1"))
	if err != nil {
		return nil, err
	}
	opts := iss.Options()
	opts.OnResult = func(r *http.Request, res jwthttp.Result) {
		record(logger, r, res)
		metrics.count(res)
		annotate(trace.SpanFromContext(r.Context()), res)
	}
	auth, err := jwthttp.New[Claims](iss, opts)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	// OnResult finds the span, because the span begins outside of the middleware.
	mux.Handle("GET /me", traced(tracer, auth.Handler(http.HandlerFunc(me))))
	// The figures are for operators: keep this path off the public address.
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	// For trying: every caller gets a token.
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		lifetime, err := time.ParseDuration(cmp.Or(r.FormValue("ttl"), "1h"))
		if err != nil || lifetime < time.Second || lifetime > time.Hour {
			http.Error(w, "ttl is from 1s to 1h", http.StatusBadRequest)
			return
		}
		exp := issue.Claim{Name: "exp", Value: time.Now().Add(lifetime).Unix()}
		token, _, err := iss.Token(r.Context(), Claims{Subject: r.FormValue("sub")}, exp)
		if err != nil {
			log.Print(err)
			jwthttp.WriteError(w, r, err)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		io.WriteString(w, token)
	})
	return mux, nil
}

// me is called only with a verified token.
func me(w http.ResponseWriter, r *http.Request) {
	claims, _ := jwthttp.ClaimsFromContext[Claims](r.Context())
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"sub": claims.Subject})
}
