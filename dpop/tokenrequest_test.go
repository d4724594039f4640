package dpop_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
)

// A proof of a token request names its own key, and is refused for all but that as one for a token.
func TestTokenRequest(t *testing.T) {
	s := p256()
	h, p := s.header(), payload().with("ath", nil).with("htm", "POST").with("htu", base+"/login")
	good := func(change object) []string {
		q := p.with("jti", rand.Text())
		for name, value := range change {
			q = q.with(name, value)
		}
		return []string{s.sign(h, q)}
	}
	invalid, useNonce := jwthttp.ErrInvalidProof, jwthttp.ErrUseNonce
	nonces := newNonces(t, secretA)
	broken := storeFunc(func(context.Context, [32]byte, time.Time) (bool, error) { return false, errors.New("no route to host") })
	for _, tc := range []struct {
		name   string
		opts   dpop.Options
		proofs []string
		want   error
		status int
		body   string
	}{
		{"good", dpop.Options{}, good(nil), nil, 200, ""},
		{"no proof", dpop.Options{}, nil, invalid, 400, `{"error":"invalid_dpop_proof"}`},
		{"two", dpop.Options{}, append(good(nil), good(nil)...), invalid, 400, `{"error":"invalid_dpop_proof"}`},
		{"with ath", dpop.Options{}, good(object{"ath": digest(token)}), invalid, 400, `{"error":"invalid_dpop_proof"}`},
		{"with an empty ath", dpop.Options{}, good(object{"ath": ""}), invalid, 400, `{"error":"invalid_dpop_proof"}`},
		{"another URL", dpop.Options{}, good(object{"htu": base + "/refresh"}), invalid, 400, `{"error":"invalid_dpop_proof"}`},
		{"another method", dpop.Options{}, good(object{"htm": "GET"}), invalid, 400, `{"error":"invalid_dpop_proof"}`},
		{"too old", dpop.Options{}, good(object{"iat": time.Now().Add(-time.Hour).Unix()}), invalid, 400, `{"error":"invalid_dpop_proof"}`},
		{"a signature of another key", dpop.Options{}, []string{p256two().sign(h, p)}, invalid, 400, `{"error":"invalid_dpop_proof"}`},
		{"no nonce", dpop.Options{Nonces: nonces}, good(nil), useNonce, 400, `{"error":"use_dpop_nonce"}`},
		{"a store that fails", dpop.Options{Replays: broken}, good(nil), jwthttp.ErrUnavailable, 503, ""},
	} {
		v := verifier(t, tc.opts)
		r := request("POST", "/login", tc.proofs...)
		w := httptest.NewRecorder()
		jkt, err := v.TokenRequest(w, r)
		if !errors.Is(err, tc.want) || w.Code != tc.status || tc.body != "" && strings.TrimSpace(w.Body.String()) != tc.body {
			t.Errorf("%s: %v, %d %s", tc.name, err, w.Code, w.Body)
		}
		sum := s.thumbprint()
		if want := b64(sum[:]); tc.want == nil && jkt != want || tc.want != nil && jkt != "" {
			t.Errorf("%s: thumbprint %q", tc.name, jkt)
		}
		if h := w.Header(); (h.Get("DPoP-Nonce") != "") != (tc.opts.Nonces != nil) || tc.status == 400 && (h.Get("Cache-Control") != "no-store" || h.Get("Content-Type") != "application/json") {
			t.Errorf("%s: %v", tc.name, h)
		}
		if tc.want != nil {
			continue
		}
		if _, err := v.TokenRequest(httptest.NewRecorder(), request("POST", "/login", tc.proofs...)); !errors.Is(err, invalid) {
			t.Errorf("%s, again: %v", tc.name, err)
		}
		sum = p256two().thumbprint()
		if err := v.Confirm(request("POST", "/login", good(nil)...), "", sum); err == nil {
			t.Error("a proof of a token request confirms a token that is empty")
		}
	}
}

// A transport gets its nonce from a token request.
func TestTokenRequestOfATransport(t *testing.T) {
	key, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	v := verifier(t, dpop.Options{Nonces: newNonces(t, secretA)})
	nonce := ""
	for _, want := range []error{jwthttp.ErrUseNonce, nil} {
		proof, err := key.Proof("POST", base+"/login", "", nonce)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		jkt, err := v.TokenRequest(w, request("POST", "/login", proof))
		if !errors.Is(err, want) || want == nil && jkt != key.Thumbprint() {
			t.Error(jkt, err)
		}
		nonce = w.Header().Get("DPoP-Nonce")
	}
}
