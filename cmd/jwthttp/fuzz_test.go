package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/explain"
)

// Explain has the verdict of the middleware, and its reason comes first. Without a key the
// verdict is never good, and a reason that holds for every key comes first.
func FuzzExplainAgreesWithTheMiddleware(f *testing.F) {
	files, err := filepath.Glob(data("*.jwt"))
	if err != nil || len(files) == 0 {
		f.Fatalf("%d files, %v", len(files), err)
	}
	for _, name := range append(files, data("jwe.txt"), data("opaque.txt"), data("rsa.pem")) {
		token, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(token))
		f.Add("Bearer " + string(token))
	}
	f.Add(forged(`{"alg":"HS256"}`, ""))
	f.Add(forged(`{"alg":"EdDSA","typ":"x"}`, `{}`))
	secret, err := os.ReadFile(data("secret-trimmed.txt"))
	if err != nil {
		f.Fatal(err)
	}
	setup := explain.Setup{Options: jwthttp.Options{Issuer: "https://issuer.example.com", Audience: []string{"orders"}}}
	if err := setup.AddSecret(secret, "the secret", "", ""); err != nil {
		f.Fatal(err)
	}
	opts := setup.Options
	var result jwthttp.Result
	opts.OnResult = func(_ *http.Request, res jwthttp.Result) { result = res }
	auth, err := jwthttp.New[jwt.MapClaims](jwthttp.HS256(secret), opts)
	if err != nil {
		f.Fatal(err)
	}
	handler := auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	f.Fuzz(func(t *testing.T, pasted string) {
		token := strings.TrimSpace(strings.TrimPrefix(pasted, "\ufeff"))
		if strings.HasPrefix(strings.ToLower(token), "authorization:") || token == "" {
			return
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["Authorization"] = []string{"Bearer " + token}
		handler.ServeHTTP(httptest.NewRecorder(), r)
		report := explain.Explain(t.Context(), pasted, setup)
		if (report.Verdict == explain.Good) != (result.Reason == "") {
			t.Fatalf("the verdict is %s, and the middleware's reason is %q", report.Verdict, result.Reason)
		}
		first := ""
		if len(report.Findings) > 0 {
			first = report.Findings[0].Reason
		}
		if first != result.Reason {
			t.Errorf("the first reason is %q, and the middleware's is %q", first, result.Reason)
		}
		expectHarmless(t, textOf(report), pasted)

		report = explain.Explain(t.Context(), pasted, explain.Setup{Options: setup.Options})
		if report.Verdict == explain.Good || len(report.Findings) == 0 {
			t.Fatalf("without a key the verdict is %s, with %d findings", report.Verdict, len(report.Findings))
		}
		isOfEveryKey := slices.Contains([]string{"no_token", "malformed_credential", "malformed_token", "token_too_large", "header", "type"}, result.Reason)
		if isOfEveryKey && (report.Findings[0].Reason != result.Reason || report.Verdict != explain.Refused) {
			t.Errorf("without a key it is %s: %+v, and the middleware's reason is %q", report.Verdict, report.Findings[0], result.Reason)
		}
		expectHarmless(t, textOf(report), pasted)
	})
}
