package jwthttp_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

const rsHeader = `{"alg":"RS256","kid":"k"}`

// Only good signatures are remembered. They count only for the same bytes and the same key.
func TestSignatureMemory(t *testing.T) {
	rs := jwthttp.RS256(&rsaKey().PublicKey)
	auth := mustNew[AppClaims](t, jwthttp.KeySet{rs, jwthttp.HS256(secret)}, jwthttp.Options{})
	remembered := func(want int) {
		t.Helper()
		if got := jwthttp.Remembered(auth); got != want {
			t.Errorf("%d signatures are remembered, want %d", got, want)
		}
	}
	token := signRS(t, rsaKey(), rsHeader, payload(""))
	cut := strings.LastIndexByte(token, '.')
	verify(t, auth, signRS(t, rsaForger(), rsHeader, payload("")), jwt.ErrTokenSignatureInvalid)
	verify(t, auth, good(), nil)
	remembered(0)
	verify(t, auth, token, nil)
	remembered(1)
	verify(t, auth, token, nil)
	remembered(1)
	verify(t, auth, b64(rsHeader)+"."+b64(payload(`"role":"admin"`))+token[cut:], jwt.ErrTokenSignatureInvalid)
	verify(t, auth, token[:cut]+"."+strings.Repeat("A", len(token)-cut-1), jwt.ErrTokenSignatureInvalid)
	remembered(1)
	// A token that is refused for its claims still has a good signature.
	expired := signRS(t, rsaKey(), rsHeader, `{"exp":1}`)
	verify(t, auth, expired, jwt.ErrTokenExpired)
	remembered(2)
	verify(t, auth, expired, jwt.ErrTokenExpired)

	off := mustNew[AppClaims](t, rs, jwthttp.Options{RememberSignatures: -1})
	verify(t, off, token, nil)
	verify(t, off, signRS(t, rsaForger(), rsHeader, payload("")), jwt.ErrTokenSignatureInvalid)
	if got := jwthttp.Remembered(off); got != -1 {
		t.Errorf("switched off, it remembers %d", got)
	}
	refused(t, "use at most 1048576")(jwthttp.New[AppClaims](rs, jwthttp.Options{RememberSignatures: 1<<20 + 1}))
}

// All asymmetric algorithms remember signatures. A signature is remembered for one key only.
func TestSignatureMemoryOfAllAlgorithms(t *testing.T) {
	for _, a := range asymmetric() {
		t.Run(a.name, func(t *testing.T) {
			var keys []jwthttp.Key
			auth := mustNew[AppClaims](t, jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return keys, nil }), jwthttp.Options{})
			remembered := func(want int) {
				t.Helper()
				if got := jwthttp.Remembered(auth); got != want {
					t.Errorf("%d signatures are remembered, want %d", got, want)
				}
			}
			token := a.sign(t, payload(""))
			_, sig := cutSignature(t, token)
			keys = []jwthttp.Key{a.key}
			verify(t, auth, a.forge(t, payload("")), jwt.ErrTokenSignatureInvalid)
			remembered(0)
			for range 2 {
				verify(t, auth, token, nil)
				remembered(1)
			}
			verify(t, auth, b64(a.header())+"."+b64(payload(`"role":"admin"`))+"."+b64(string(sig)), jwt.ErrTokenSignatureInvalid)
			keys = []jwthttp.Key{a.otherKey()}
			verify(t, auth, token, jwt.ErrTokenSignatureInvalid)
			keys = nil
			verify(t, auth, token, jwthttp.ErrUnknownKey)
			remembered(1)

			// The same signature under another algorithm's header does not count.
			for _, b := range asymmetric() {
				if keys = []jwthttp.Key{b.key}; b.name != a.name {
					verify(t, auth, b64(b.header())+"."+b64(payload(""))+"."+b64(string(sig)), jwt.ErrTokenSignatureInvalid)
				}
			}
			remembered(1)
		})
	}
}

// A key that its source no longer offers, or has replaced, verifies nothing from that moment
// on. A denied token does not pass because its signature is remembered.
func TestRememberedTokensAreRefusedAtOnce(t *testing.T) {
	token := signRS(t, rsaKey(), rsHeader, payload(""))
	keys := []jwthttp.Key{jwthttp.RS256(&rsaKey().PublicKey)}
	var denied error
	auth := mustNew(t, jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return keys, nil }), jwthttp.Options{},
		func(context.Context, *jwthttp.Token[AppClaims]) error { return denied })
	for range 2 {
		verify(t, auth, token, nil)
	}
	if got := jwthttp.Remembered(auth); got != 1 {
		t.Fatalf("%d signatures are remembered", got)
	}
	keys = []jwthttp.Key{jwthttp.RS256(&rsaKey().PublicKey)} // the same key, made again
	verify(t, auth, token, nil)
	if got := jwthttp.Remembered(auth); got != 1 {
		t.Errorf("the same key counts as another: %d", got)
	}

	denied = errors.New("revoked")
	verify(t, auth, token, denied)
	denied = nil
	keys = nil
	verify(t, auth, token, jwthttp.ErrUnknownKey)
	keys = []jwthttp.Key{jwthttp.RS256(&rsaForger().PublicKey)}
	verify(t, auth, token, jwt.ErrTokenSignatureInvalid)
	keys = []jwthttp.Key{jwthttp.RS256(&rsaKey().PublicKey).WithIssuer("https://a.example")}
	verify(t, auth, token, jwt.ErrTokenInvalidIssuer)
	keys = []jwthttp.Key{jwthttp.RS256(&rsaKey().PublicKey).WithID("k")}
	verify(t, auth, token, nil)
}

func TestRememberedTokensExpire(t *testing.T) {
	key := rsaKey() // made outside the bubble
	synctest.Test(t, func(t *testing.T) {
		auth := mustNew[AppClaims](t, jwthttp.RS256(&key.PublicKey), jwthttp.Options{})
		token := signRS(t, key, rsHeader, payload(""))
		verify(t, auth, token, nil)
		time.Sleep(time.Hour - 1)
		verify(t, auth, token, nil)
		time.Sleep(time.Nanosecond)
		verify(t, auth, token, jwt.ErrTokenExpired)
	})
}

// Forged tokens for many keys do not leave one buffer for each key.
func TestBuffersBelongToNoKey(t *testing.T) {
	const keys = 200
	pad := payload(`"pad":"` + strings.Repeat("x", 40<<10) + `"`)
	for _, a := range algorithms() {
		var set jwthttp.KeySet
		for n := range keys {
			set = append(set, a.otherKey().WithID(fmt.Sprint(n)))
		}
		auth := mustNew[AppClaims](t, set, jwthttp.Options{MaxTokenBytes: 64 << 10})
		heap := func() uint64 {
			runtime.GC()
			runtime.GC()
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			return stats.HeapAlloc
		}
		before := heap()
		for n := range keys {
			verify(t, auth, signAs(t, a.name, a.private, fmt.Sprintf(`{"alg":%q,"kid":"%d"}`, a.name, n), pad), jwt.ErrTokenSignatureInvalid)
		}
		// The buffers of one verification take up to 64 KiB.
		if after := heap(); after > before+128<<10 {
			t.Errorf("%s: %d keys keep %d KiB", a.name, keys, (after-before)>>10)
		}
		runtime.KeepAlive(auth)
	}
}

// A string of the claims keeps the payload of its own token in memory, and nothing else: not the
// token as it was sent, and no other payload.
func TestStringsKeepTheirPayloadAlone(t *testing.T) {
	type claims struct {
		Subject string   `json:"sub"`
		Groups  []string `json:"groups"`
	}
	const n, size = 400, 5000
	auth := mustNew[claims](t, jwthttp.HS256(secret), jwthttp.Options{})
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	send := func(keep func(claims)) {
		for i := range n {
			raw := signHS(secret, plainHeader, fmt.Sprintf(`{"exp":4102444800,"sub":"subject %d","groups":["group %d"],"pad":"%s"}`, i, i, strings.Repeat("x", size)))
			keep(verify(t, auth, raw, nil).Claims)
		}
	}
	var first string
	before := heap()
	send(func(c claims) {
		if first == "" {
			first = c.Groups[0]
		}
	})
	if after := heap(); after > before+64<<10 {
		t.Errorf("one string keeps %d KiB", (after-before)>>10)
	}
	var all []string
	before = heap()
	send(func(c claims) { all = append(all, c.Subject) })
	if after, most := heap(), before+n*(size+1000); after > most {
		t.Errorf("%d strings keep %d KiB, and their payloads have %d KiB", n, (after-before)>>10, (most-before)>>10)
	}
	before = heap()
	cloned := make([]string, 0, n)
	send(func(c claims) { cloned = append(cloned, strings.Clone(c.Subject)) })
	if after := heap(); after > before+64<<10 {
		t.Errorf("clones keep %d KiB", (after-before)>>10)
	}

	// Nor do the strings of a result, whoever says no.
	subjects := make([]string, 0, 2*n)
	guarded := mustNew[claims](t, jwthttp.HS256(secret), jwthttp.Options{OnResult: func(_ *http.Request, res jwthttp.Result) { subjects = append(subjects, res.Subject) }})
	forbidden := guarded.Handler(jwthttp.RequireScopes("write")(http.NotFoundHandler()))
	before = heap()
	for i := range n {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", "Bearer "+signHS(secret, plainHeader, fmt.Sprintf(`{"exp":4102444800,"sub":"subject %d","pad":"%s"}`, i, strings.Repeat("x", size))))
		forbidden.ServeHTTP(httptest.NewRecorder(), r)
	}
	if after := heap(); after > before+n*1000 || len(subjects) != 2*n || subjects[1] != "subject 0" {
		t.Errorf("%d subjects keep %d KiB, the second is %q", len(subjects), (int64(after)-int64(before))>>10, subjects[1])
	}
	runtime.KeepAlive([]any{first, all, cloned, auth, subjects, guarded})
}

// Only headers of tokens with a good signature are remembered, also if the token is refused.
func TestHeadersOfForgedTokensAreNotKept(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	header := func(kid string) string { return fmt.Sprintf(`{"alg":"HS256","kid":%q}`, kid) }
	for kid := range 200 {
		verify(t, auth, signHS([]byte("another"), header(fmt.Sprint(kid)), payload("")), jwt.ErrTokenSignatureInvalid)
	}
	if n := jwthttp.KnownHeaders(auth); n != 0 {
		t.Errorf("%d headers of forged tokens are kept", n)
	}
	verify(t, auth, signHS(secret, header("good"), payload("")), nil)
	verify(t, auth, signHS(secret, header("good"), `{"exp":1}`), jwt.ErrTokenExpired)
	if n := jwthttp.KnownHeaders(auth); n != 1 {
		t.Errorf("%d headers are kept, want one", n)
	}
	verify(t, auth, signHS([]byte("another"), header("good"), payload("")), jwt.ErrTokenSignatureInvalid)
}
