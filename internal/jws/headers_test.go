package jws_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/jwthttp/jwthttp/internal/jws"
)

func headerOf(kid int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"alg":"HS256","kid":"%d"}`, kid))
}

// A header that was read is not remembered until it is kept. Of those that are kept, each is read
// as before, and there are 64 at most.
func TestHeadersAreBounded(t *testing.T) {
	w := jws.NewWorkspace(0)
	for round := range 3 {
		for kid := range 1000 {
			h, err := w.ReadHeader(headerOf(kid))
			if err != nil || h.KeyID != fmt.Sprint(kid) || h.Algorithm != "HS256" {
				t.Fatalf("%d: %+v, %v", kid, h, err)
			}
			if round > 0 {
				w.KeepHeader(headerOf(kid), h)
			}
		}
		if n := w.KnownHeaders(); round == 0 && n != 0 || round > 0 && (n < 32 || n > 64) {
			t.Errorf("in round %d, %d headers are kept", round, n)
		}
	}
}

// A header takes the place of another one that is no longer used, but not at once.
func TestHeadersAreReplacedRarely(t *testing.T) {
	w := jws.NewWorkspace(0)
	read := func(kid int) jws.Header {
		h, err := w.ReadHeader(headerOf(kid))
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	w.KeepHeader(headerOf(0), read(0))
	for kid := 1; w.KnownHeaders() < 64 && kid < 10_000; kid++ { // until every place is taken
		w.KeepHeader(headerOf(kid), read(kid))
	}
	const fresh = 20_000
	w.KeepHeader(headerOf(fresh), read(fresh))
	if jws.IsKept(w, headerOf(fresh)) {
		t.Error("a header is replaced at once")
	}
	for range 64 {
		w.KeepHeader(headerOf(fresh), read(fresh))
	}
	if !jws.IsKept(w, headerOf(fresh)) {
		t.Error("a header is never replaced")
	}
}
