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
		jkt, use, err := v.TokenRequest(r)
		sum := s.thumbprint()
		if want := b64(sum[:]); err == nil && jkt != want || err != nil && jkt != "" {
			t.Errorf("%s: thumbprint %q", tc.name, jkt)
		}
		if err == nil {
			err = use()
		}
		if !errors.Is(err, tc.want) || tc.want == nil && err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if err == nil {
			if use() == nil {
				t.Errorf("%s: used twice", tc.name)
			}
			if err := v.Confirm(request("POST", "/login", good(nil)...), "", sum); err == nil {
				t.Error("a proof of a token request confirms a token that is empty")
			}
			continue
		}
		w := httptest.NewRecorder()
		w.Header().Set("Content-Length", "2") // for another answer
		v.WriteTokenError(w, r, err)
		h := w.Header()
		if w.Code != tc.status || tc.body != "" && strings.TrimSpace(w.Body.String()) != tc.body || h.Get("Cache-Control") != "no-store" || h.Get("Content-Length") != "" {
			t.Errorf("%s: %d %s %v", tc.name, w.Code, w.Body, h)
		}
		if tc.status == 400 && (h.Get("DPoP-Nonce") != "") != (tc.opts.Nonces != nil) || tc.status == 400 && h.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", tc.name, h)
		}
	}
	for _, v := range []*dpop.Verifier{nil, {}} {
		if _, _, err := v.TokenRequest(request("POST", "/login")); !errors.Is(err, jwthttp.ErrMisconfigured) {
			t.Error(err)
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
		r := request("POST", "/login", proof)
		jkt, _, err := v.TokenRequest(r)
		if !errors.Is(err, want) || want == nil && jkt != key.Thumbprint() {
			t.Error(jkt, err)
		}
		w := httptest.NewRecorder()
		v.WriteTokenError(w, r, jwthttp.ErrUseNonce)
		nonce = w.Header().Get("DPoP-Nonce")
	}
}
