package keyfunc_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/keyfunc"
)

// A key is here the number of the call that made it, or an error.
func numbered(made *int) func(string, jws.Verifier, error) any {
	var mu sync.Mutex
	return func(_ string, _ jws.Verifier, err error) any {
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		*made++
		return *made
	}
}

func secret(n int) []byte { return fmt.Appendf(nil, "%064d", n) }

// A key is made once while it is among the last 64, and of its own material only.
func TestKey(t *testing.T) {
	made := 0
	source, err := keyfunc.New(func(*jwt.Token) (any, error) { return nil, nil }, []string{"HS256"}, numbered(&made))
	if err != nil {
		t.Fatal(err)
	}
	want := func(n, number int) {
		t.Helper()
		if k, err := source.Key(secret(n), "HS256"); err != nil || k != number {
			t.Errorf("the key of secret %d is number %v, %v, want %d", n, k, err, number)
		}
	}
	for n := range 64 {
		want(n, n+1)
	}
	for n := range 64 {
		want(n, n+1)
	}
	want(64, 65) // takes the place of secret 0
	want(1, 2)
	want(0, 66)
	if source.Kept() != 64 {
		t.Errorf("%d are kept", source.Kept())
	}
}

func TestUnfitMaterial(t *testing.T) {
	made := 0
	source, err := keyfunc.New(func(*jwt.Token) (any, error) { return nil, nil }, []string{"HS256"}, numbered(&made))
	if err != nil {
		t.Fatal(err)
	}
	var none []byte
	for name, tc := range map[string]struct {
		material any
		want     string // "" if the material is of another algorithm
	}{
		"nil":       {nil, "returned a <nil>"},
		"typed nil": {none, "returned a nil []uint8"},
		"a string":  {"secret", "returned a string: return []byte for HMAC, *rsa.PublicKey for RS and PS"},
	} {
		if k, err := source.Key(tc.material, "HS256"); k != nil || err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, %v", name, k, err)
		}
	}
	if k, err := source.Key(secret(1), "RS256"); k != nil || err != nil {
		t.Errorf("a secret for RS256: %v, %v", k, err)
	}
	// An unfit key is returned with its reason, and not kept.
	for range 2 {
		k, err := source.Key([]byte("short"), "HS256")
		if reason, ok := k.(error); err != nil || !ok || errors.Is(reason, jws.ErrMaterial) {
			t.Errorf("a short secret: %v, %v", k, err)
		}
	}
	if source.Kept() != 0 || made != 0 {
		t.Errorf("%d are kept, %d were made", source.Kept(), made)
	}
}

// Concurrent calls get the key of their own material.
func TestKeysAtOnce(t *testing.T) {
	source, err := keyfunc.New(func(*jwt.Token) (any, error) { return nil, nil }, []string{"HS256"}, func(_ string, v jws.Verifier, _ error) any { return v })
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 300 {
				s := secret((g*7 + n) % 100)
				k, err := source.Key(s, "HS256")
				if err != nil || !k.(jws.Verifier).IsFor(s) {
					t.Errorf("another key, %v", err)
				}
			}
		})
	}
	wg.Wait()
}
