package jwthttp_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
)

// OnResult gets every reason that its doc comment lists, and no other.
func TestOnResult(t *testing.T) {
	var got []jwthttp.Result
	opts := jwthttp.Options{
		Issuer: "https://a", Extractors: bothPlaces, Type: "JWT",
		OnResult: func(r *http.Request, res jwthttp.Result) {
			if r.URL.Path != "/" {
				t.Errorf("another request: %v", r.URL)
			}
			got = append(got, res)
		},
	}
	check := func(_ context.Context, tok *jwthttp.Token[AppClaims]) error {
		switch tok.Claims.Role {
		case "revoked":
			return errors.New("revoked")
		case "store down":
			return jwthttp.ErrUnavailable
		case "store closes":
			return context.Canceled
		}
		return nil
	}
	keys := jwthttp.KeySet{jwthttp.HS256(secret).WithID("hs"), jwthttp.RS256(&rsaKey().PublicKey).WithID("rs")}
	auth := mustNew(t, keys, opts, check)
	const hs, rs = `{"alg":"HS256","kid":"hs","typ":"JWT"}`, `{"alg":"RS256","kid":"rs","typ":"JWT"}`
	bearer := func(header, claims string) string {
		return "Authorization: Bearer " + signHS(secret, header, claims)
	}
	good := bearer(hs, payload(`"iss":"https://a"`))
	rsGood := "Authorization: Bearer " + signRS(t, rsaKey(), rs, payload(`"iss":"https://a"`))
	reasons := map[string]bool{}
	for _, tc := range []struct {
		name            string
		lines           []string
		outcome, reason string
		source          jwthttp.Source
		alg, kid        string
		iss, sub        string
		remembered      bool
	}{
		{"good", []string{good}, "accepted", "", "header:Authorization", "HS256", "hs", "https://a", "alice", false},
		{"good again", []string{good}, "accepted", "", "header:Authorization", "HS256", "hs", "https://a", "alice", false},
		{"RS256", []string{rsGood}, "accepted", "", "header:Authorization", "RS256", "rs", "https://a", "alice", false},
		{"RS256 again", []string{rsGood}, "accepted", "", "header:Authorization", "RS256", "rs", "https://a", "alice", true},
		{"cookie", []string{"Cookie: token=" + strings.TrimPrefix(good, "Authorization: Bearer ")}, "accepted", "", "cookie:token", "HS256", "hs", "https://a", "alice", false},
		{"nothing", nil, "refused", "no_token", "", "", "", "", "", false},
		{"two", []string{good, good}, "refused", "two_credentials", "", "", "", "", "", false},
		{"Bearer alone", []string{"Authorization: Bearer"}, "refused", "malformed_credential", "", "", "", "", "", false},
		{"cross-origin", []string{"Cookie: token=x", "Sec-Fetch-Site: cross-site"}, "refused", "cross_origin", "cookie:token", "", "", "", "", false},
		{"garbage", []string{"Authorization: Bearer x"}, "refused", "malformed_token", "header:Authorization", "", "", "", "", false},
		{"large", []string{"Authorization: Bearer " + strings.Repeat("x", 9000)}, "refused", "token_too_large", "header:Authorization", "", "", "", "", false},
		{"crit", []string{bearer(`{"alg":"HS256","crit":["x"]}`, "{}")}, "refused", "header", "header:Authorization", "", "", "", "", false},
		{"typ", []string{bearer(`{"alg":"HS256","kid":"hs"}`, "{}")}, "refused", "type", "header:Authorization", "", "", "", "", false},
		{"kid", []string{bearer(`{"alg":"HS256","kid":"evil","typ":"JWT"}`, "{}")}, "refused", "unknown_key", "header:Authorization", "", "", "", "", false},
		{"signature", []string{good[:len(good)-4] + "AAAA"}, "refused", "signature", "header:Authorization", "", "", "", "", false},
		{"claims", []string{bearer(hs, `{"exp":"x"}`)}, "refused", "claims", "header:Authorization", "HS256", "hs", "", "", false},
		{"no exp", []string{bearer(hs, `{"iss":"https://a"}`)}, "refused", "missing_claim", "header:Authorization", "HS256", "hs", "https://a", "", false},
		{"cnf", []string{bearer(hs, payload(`"iss":"https://a","cnf":{}`))}, "refused", "sender_constrained", "header:Authorization", "HS256", "hs", "https://a", "alice", false},
		{"issuer", []string{bearer(hs, payload(`"iss":"https://b"`))}, "refused", "issuer", "header:Authorization", "HS256", "hs", "https://b", "alice", false},
		{"audience", []string{bearer(hs, payload(`"iss":"https://a","aud":"x"`))}, "refused", "audience", "header:Authorization", "HS256", "hs", "https://a", "alice", false},
		{"nbf", []string{bearer(hs, payload(`"iss":"https://a","nbf":4102444800`))}, "refused", "not_yet_valid", "header:Authorization", "HS256", "hs", "https://a", "alice", false},
		{"expired", []string{bearer(hs, `{"iss":"https://a","exp":1}`)}, "refused", "expired", "header:Authorization", "HS256", "hs", "https://a", "", false},
		{"revoked", []string{bearer(hs, payload(`"iss":"https://a","role":"revoked"`))}, "refused", "check", "header:Authorization", "HS256", "hs", "https://a", "alice", false},
		{"down", []string{bearer(hs, payload(`"iss":"https://a","role":"store down"`))}, "unavailable", "unavailable", "header:Authorization", "HS256", "hs", "https://a", "alice", false},
		{"store closes", []string{bearer(hs, payload(`"iss":"https://a","role":"store closes"`))}, "unavailable", "unavailable", "header:Authorization", "HS256", "hs", "https://a", "alice", false},
		{"hung up", []string{"Hung: up", bearer(hs, payload(`"iss":"https://a","role":"store down"`))}, "unavailable", "canceled", "header:Authorization", "HS256", "hs", "https://a", "alice", false},
		{"hung up, but refused", []string{"Hung: up", bearer(hs, `{"iss":"https://a","exp":1}`)}, "refused", "expired", "header:Authorization", "HS256", "hs", "https://a", "", false},
	} {
		got = nil
		r := httptest.NewRequest("POST", "/", nil)
		for _, line := range tc.lines {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Add(name, value)
		}
		if r.Header.Get("Hung") != "" {
			ctx, cancel := context.WithCancel(r.Context())
			cancel()
			r = r.WithContext(ctx)
		}
		ran, rec := 0, httptest.NewRecorder()
		auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if len(got) != 1 {
				t.Errorf("%s: OnResult was called %d times before next", tc.name, len(got))
			}
			ran++
		})).ServeHTTP(rec, r)
		if len(got) != 1 {
			t.Errorf("%s: OnResult was called %d times", tc.name, len(got))
			continue
		}
		res := got[0]
		reasons[res.Reason] = true
		if res.Duration <= 0 || (res.Err == nil) != (tc.outcome == "accepted") || (ran == 1) != (tc.outcome == "accepted") {
			t.Errorf("%s: %+v, next ran %d times", tc.name, res, ran)
		}
		if res.Err != nil && errors.Is(res.Err, jwthttp.ErrUnavailable) != (rec.Code == 503) {
			t.Errorf("%s: %v", tc.name, res.Err)
		}
		// What is unverified has fields of its own: see TestUnverified.
		res.Duration, res.Err, res.Unverified = 0, nil, jwthttp.Result{}.Unverified
		if want := (jwthttp.Result{Outcome: tc.outcome, Reason: tc.reason, Source: tc.source, Algorithm: tc.alg, KeyID: tc.kid, Issuer: tc.iss, Subject: tc.sub, Remembered: tc.remembered}); res != want {
			t.Errorf("%s: %+v\nwant %+v", tc.name, res, want)
		}
	}
	if len(reasons) != 21 { // with "" for accepted requests
		t.Errorf("%d reasons: %v", len(reasons), reasons)
	}

	// Authenticate and Verify do not call OnResult.
	got = nil
	auth.Verify(t.Context(), "x")
	auth.Authenticate(httptest.NewRequest("GET", "/", nil))
	if got != nil {
		t.Errorf("OnResult was called with %+v", got)
	}
}

func TestOnResultAnonymous(t *testing.T) {
	var got jwthttp.Result
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{AllowAnonymous: true, OnResult: func(_ *http.Request, res jwthttp.Result) { got = res }})
	s := serve(t, auth)
	if a := s.send(t, "GET"); a.StatusCode != 200 || got.Outcome != "anonymous" || got.Reason != "no_token" || got.Err != nil {
		t.Errorf("%d %+v", a.StatusCode, got)
	}
	if a := s.send(t, "GET", "Authorization: Bearer x"); a.StatusCode != 401 || got.Outcome != "refused" || got.Reason != "malformed_token" {
		t.Errorf("%d %+v", a.StatusCode, got)
	}
}

// Duration is the time of the whole decision, with its checks and without the handler.
func TestOnResultDuration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got time.Duration
		auth := mustNew(t, jwthttp.HS256(secret), jwthttp.Options{OnResult: func(_ *http.Request, res jwthttp.Result) { got = res.Duration }},
			func(context.Context, *jwthttp.Token[AppClaims]) error { time.Sleep(time.Second); return nil })
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+good())
		auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Minute) })).ServeHTTP(httptest.NewRecorder(), r)
		if got != time.Second {
			t.Errorf("%v", got)
		}
	})
}

func TestResultInLogs(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	for _, tc := range []struct {
		res  jwthttp.Result
		want string
	}{
		{
			jwthttp.Result{Outcome: "accepted", Source: "cookie:t", Algorithm: "RS256", KeyID: "k", Issuer: "https://a", Remembered: true, Duration: time.Millisecond},
			"level=INFO msg=request auth.outcome=accepted auth.source=cookie:t auth.alg=RS256 auth.kid=k auth.iss=https://a auth.remembered=true auth.duration=1ms\n",
		},
		{
			jwthttp.Result{Outcome: "refused", Reason: "expired", Err: errors.New("it\nexpired"), Duration: time.Second},
			`level=INFO msg=request auth.outcome=refused auth.reason=expired auth.err="it\nexpired" auth.remembered=false auth.duration=1s` + "\n",
		},
	} {
		out.Reset()
		log.Info("request", "auth", tc.res)
		if out.String() != tc.want {
			t.Errorf("%s\nwant %s", &out, tc.want)
		}
	}
}

// WriteError answers the error that OnResult gets as the middleware answers it. A long issuer
// is cut in a log.
func TestErrorOfAResult(t *testing.T) {
	var got jwthttp.Result
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{Realm: "shop", OnResult: func(_ *http.Request, res jwthttp.Result) { got = res }})
	s := serve(t, auth)
	s.send(t, "GET", "Authorization: Bearer "+signHS(secret, plainHeader, `{"exp":1,"iss":"`+strings.Repeat("x", 1000)+`"}`))
	rec := httptest.NewRecorder()
	jwthttp.WriteError(rec, httptest.NewRequest("GET", "/", nil), got.Err)
	if challenge := rec.Header().Get("WWW-Authenticate"); !strings.HasPrefix(challenge, `Bearer realm="shop", error="invalid_token"`) {
		t.Errorf("challenge %s", challenge)
	}
	if text := got.LogValue().String(); len(got.Issuer) != 1000 || len(text) > 600 {
		t.Errorf("%d bytes of iss, %d in a log", len(got.Issuer), len(text))
	}
}
