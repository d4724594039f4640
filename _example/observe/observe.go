package main

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/jwthttp/jwthttp"
)

// record writes one record for each request. It names the route and not the URL, because
// clients also put tokens in URLs.
func record(logger *slog.Logger, r *http.Request, res jwthttp.Result) {
	level := slog.LevelInfo
	switch {
	case res.Reason == "canceled": // the client closed the connection
	case res.Outcome == "unavailable":
		level = slog.LevelError // a fault of this service or its provider
	case res.Outcome == "refused" && res.Reason != "no_token":
		level = slog.LevelWarn // requests without a token are usual, and stay at Info
	}
	logger.LogAttrs(r.Context(), level, "request", slog.String("route", r.Pattern), slog.Any("auth", res))
}

type metrics struct {
	requests *prometheus.CounterVec
	duration prometheus.Histogram
}

// newMetrics has the labels outcome and reason, with about twenty pairs of values. Prometheus
// keeps a time series for each value of a label. So a value that others choose must not be a
// label. These belong in logs and spans:
//
//   - key ids, which change with every rotation
//   - issuers, unless Options.Issuer or Issuers fix them
//   - subjects, whose number is unbounded
func newMetrics(registry *prometheus.Registry) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "auth_requests_total",
			Help: "Requests by the outcome of authentication, and why they were not accepted.",
		}, []string{"outcome", "reason"}),
		// A token takes microseconds. A fetch of keys, or the store of a check, takes much longer.
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "auth_duration_seconds",
			Help:    "Time of the decision, key look-up and checks included.",
			Buckets: prometheus.ExponentialBuckets(1e-6, 4, 12), // to 4 s
		}),
	}
	return m, errors.Join(registry.Register(m.requests), registry.Register(m.duration))
}

func (m *metrics) count(res jwthttp.Result) {
	if res.Guard != "" { // the request was counted when the middleware accepted it
		return
	}
	m.requests.WithLabelValues(res.Outcome, res.Reason).Inc()
	m.duration.Observe(res.Duration.Seconds())
}

// traced begins a span for every request of a route. Package otelhttp does more.
func traced(tracer trace.Tracer, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := tracer.Start(r.Context(), r.Pattern, trace.WithSpanKind(trace.SpanKindServer))
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// annotate puts the result on the span of the request. Without a span it does nothing.
func annotate(span trace.Span, res jwthttp.Result) {
	span.SetAttributes(attribute.String("auth.outcome", res.Outcome))
	for _, a := range []attribute.KeyValue{
		attribute.String("auth.reason", res.Reason), attribute.String("auth.source", string(res.Source)),
		attribute.String("auth.alg", res.Algorithm), attribute.String("auth.kid", res.KeyID), attribute.String("auth.iss", res.Issuer),
	} {
		if a.Value.AsString() != "" {
			span.SetAttributes(a)
		}
	}
	// By OpenTelemetry's rules a 4xx is not an error of the server.
	if res.Reason == "unavailable" {
		span.SetStatus(codes.Error, res.Reason)
	}
}
