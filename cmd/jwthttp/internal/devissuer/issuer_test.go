package devissuer_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/devissuer"
	"github.com/jwthttp/jwthttp/jwks"
)

// Tokens that are made while the key rotates are good under the set that is published next.
func TestRotationUnderLoad(t *testing.T) {
	t.Parallel()
	iss, err := devissuer.New("https://issuer.example.com/", []string{"a", "b"}, "at+jwt")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if _, err := iss.Rotate(); err != nil {
				t.Error(err)
			}
		})
	}
	for range 4 {
		group.Go(func() {
			token, err := iss.Token(t.Context(), nil, time.Minute)
			if err != nil {
				t.Error(err)
				return
			}
			set, err := jwks.Parse(iss.KeySet())
			if err != nil || len(set.Skipped) > 0 {
				t.Error(err, set.Skipped)
				return
			}
			auth, err := jwthttp.New[jwt.RegisteredClaims](set.Keys, jwthttp.Options{
				Issuer: "https://issuer.example.com/", Audience: []string{"b"}, Type: "at+jwt",
			})
			if err != nil {
				t.Error(err)
				return
			}
			if verified, err := auth.Verify(t.Context(), token); err != nil || len(verified.Claims.Audience) != 2 || verified.Claims.Subject != "alice" {
				t.Error(verified, err)
			}
		})
	}
	group.Wait()
}

func TestTokensDiffer(t *testing.T) {
	t.Parallel()
	iss, err := devissuer.New("i", []string{"a"}, "JWT")
	if err != nil {
		t.Fatal(err)
	}
	one, err := iss.Token(t.Context(), map[string]jsontext.Value{"iat": jsontext.Value("1"), "exp": jsontext.Value("2")}, 0)
	if err != nil {
		t.Fatal(err)
	}
	two, err := iss.Token(t.Context(), map[string]jsontext.Value{"iat": jsontext.Value("1"), "exp": jsontext.Value("2")}, 0)
	if err != nil || one == two { // a denylist needs a jti that is used once
		t.Errorf("%v, the same token twice: %v", err, one == two)
	}
	for _, lifetime := range []time.Duration{24*time.Hour + 1, -24*time.Hour - 1, 1<<63 - 1, -1 << 63} {
		if _, err := iss.Token(t.Context(), nil, lifetime); err == nil || !strings.Contains(err.Error(), "at most 24 hours: send the claim exp") {
			t.Errorf("%v: %v", lifetime, err)
		}
	}
}
