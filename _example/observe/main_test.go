package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

func TestObserve(t *testing.T) {
	var logs, printed bytes.Buffer
	exporter, err := stdouttrace.New(stdouttrace.WithWriter(&printed))
	if err != nil {
		t.Fatal(err)
	}
	spans := tracetest.NewInMemoryExporter()
	tracing := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans), sdktrace.WithSyncer(exporter))
	secret := bytes.Repeat([]byte("s"), 32)
	handler, err := newHandler(secret, slog.New(slog.NewJSONHandler(&logs, nil)), tracing.Tracer("test"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()

	good := send(t, "POST", server.URL+"/token?sub=alice", "", 200)
	send(t, "POST", server.URL+"/token?sub=alice&ttl=-1m", "", 400)
	sign := func(secret []byte, payload string) string {
		return jwthttptest.Sign(t, "HS256", secret, `{"alg":"HS256","kid":"demo-1"}`, payload)
	}
	expired := sign(secret, `{"sub":"alice","exp":1}`)
	forged := sign(bytes.Repeat([]byte("x"), 32), `{"sub":"mallory","exp":253402300799}`)
	const opaque = "an-opaque-token"
	tries := []struct {
		name, token            string
		status                 int
		level, outcome, reason string
		kid                    string // only where the signature is good
	}{
		{"good", good, 200, "INFO", "accepted", "", "demo-1"},
		{"good again", good, 200, "INFO", "accepted", "", "demo-1"},
		{"expired", expired, 401, "WARN", "refused", "expired", "demo-1"},
		{"forged", forged, 401, "WARN", "refused", "signature", ""},
		{"no JWT", opaque, 401, "WARN", "refused", "malformed_token", ""},
		{"missing", "", 401, "INFO", "refused", "no_token", ""},
	}
	for _, tc := range tries {
		send(t, "GET", server.URL+"/me?access_token="+tc.token, tc.token, tc.status)
	}
	text := send(t, "GET", server.URL+"/metrics", "", 200)
	server.Close() // waits for the last span

	for _, line := range []string{
		`auth_requests_total{outcome="accepted",reason=""} 2`,
		`auth_requests_total{outcome="refused",reason="expired"} 1`,
		`auth_requests_total{outcome="refused",reason="signature"} 1`,
		`auth_requests_total{outcome="refused",reason="malformed_token"} 1`,
		`auth_requests_total{outcome="refused",reason="no_token"} 1`,
		`auth_duration_seconds_count 6`,
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no %s in\n%s", line, text)
		}
	}
	if n := strings.Count(text, "\nauth_requests_total{"); n != 5 {
		t.Errorf("%d series of the counter", n)
	}

	records := bytes.Split(bytes.TrimSpace(logs.Bytes()), []byte("\n"))
	ended := spans.GetSpans()
	if len(records) != len(tries) || len(ended) != len(tries) {
		t.Fatalf("%d records and %d spans of %d requests", len(records), len(ended), len(tries))
	}
	for i, tc := range tries {
		t.Run(tc.name, func(t *testing.T) {
			var record struct {
				Level, Msg, Route string
				Auth              struct {
					Outcome, Reason, Source, Alg, Kid, Err string
					Duration                               int64
				}
			}
			if err := json.Unmarshal(records[i], &record); err != nil {
				t.Fatal(err)
			}
			a := record.Auth
			if record.Level != tc.level || record.Route != "GET /me" || a.Outcome != tc.outcome || a.Reason != tc.reason || a.Kid != tc.kid {
				t.Errorf("%s", records[i])
			}
			if a.Duration <= 0 || (a.Err == "") != (tc.outcome == "accepted") {
				t.Errorf("%s", records[i])
			}

			span := ended[i]
			attrs := map[string]string{}
			for _, kv := range span.Attributes {
				attrs[string(kv.Key)] = kv.Value.AsString()
			}
			if span.Name != "GET /me" || attrs["auth.outcome"] != tc.outcome || attrs["auth.reason"] != tc.reason || attrs["auth.kid"] != tc.kid {
				t.Errorf("%s: %v", span.Name, attrs)
			}
			if span.Status.Code != codes.Unset {
				t.Errorf("status %v", span.Status)
			}
		})
	}

	// No token is in any output, and no part of one.
	for name, output := range map[string]string{"logs": logs.String(), "metrics": text, "spans": printed.String()} {
		if output == "" {
			t.Errorf("no %s", name)
		}
		for _, token := range []string{good, expired, forged, opaque} {
			for part := range strings.SplitSeq(token, ".") {
				if strings.Contains(output, part) {
					t.Errorf("%s hold %q:\n%s", name, part, output)
				}
			}
		}
	}
}

// A provider that is down is an error of the server.
func TestUnavailable(t *testing.T) {
	res := jwthttp.Result{Outcome: "unavailable", Reason: "unavailable", Err: errors.New("store down")}
	var logs bytes.Buffer
	spans := tracetest.NewInMemoryExporter()
	_, span := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans)).Tracer("test").Start(t.Context(), "GET /me")
	record(slog.New(slog.NewTextHandler(&logs, nil)), httptest.NewRequest("GET", "/me", nil), res)
	annotate(span, res)
	span.End()
	if !strings.Contains(logs.String(), "level=ERROR") || !strings.Contains(logs.String(), `auth.err="store down"`) {
		t.Error(logs.String())
	}
	if status := spans.GetSpans()[0].Status; status.Code != codes.Error || status.Description != "unavailable" {
		t.Errorf("%v", status)
	}
}

func TestMetricsTwice(t *testing.T) {
	registry := prometheus.NewRegistry()
	if _, err := newMetrics(registry); err != nil {
		t.Fatal(err)
	}
	if _, err := newMetrics(registry); err == nil {
		t.Error("the same metrics were registered twice")
	}
}

// A request that a guard refuses has two results, and is counted once.
func TestCountsOnce(t *testing.T) {
	registry := prometheus.NewRegistry()
	m, err := newMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	m.count(jwthttp.Result{Outcome: "accepted"})
	m.count(jwthttp.Result{Outcome: "refused", Reason: "forbidden", Guard: "Require[Claims]"})
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if n := len(family.Metric); n != 1 {
			t.Errorf("%s has %d series", family.GetName(), n)
		}
	}
}

// send returns the body of the answer.
func send(t *testing.T, method, url, token string, status int) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != status {
		t.Errorf("%s %s: %d %s, want %d", method, url, res.StatusCode, body, status)
	}
	return string(body)
}
