package jwks_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// A journal keeps the records of a logger.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// take returns the records since the last call, once no goroutine of the bubble runs.
func (j *journal) take() string {
	synctest.Wait()
	j.mu.Lock()
	defer j.mu.Unlock()
	defer j.text.Reset()
	return j.text.String()
}

func (j *journal) logger(least slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(j, &slog.HandlerOptions{
		Level: least,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	}))
}

// want asserts the records of sources since the last call, and what each line contains. The
// middleware may have written others.
func (j *journal) want(t testing.TB, want ...[]string) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(j.take()) {
		if strings.Contains(line, ` msg="jwks: `) {
			lines = append(lines, line)
		}
	}
	if len(lines) != len(want) {
		t.Errorf("%d records, want %d:\n%s", len(lines), len(want), strings.Join(lines, ""))
		return
	}
	for i, parts := range want {
		for _, part := range parts {
			if !strings.Contains(lines[i], part) {
				t.Errorf("the record %s\nwant %s", lines[i], part)
			}
		}
	}
}

const (
	cannotFetch = `level=ERROR msg="jwks: the keys cannot be fetched"`
	cannotUse   = `level=WARN msg="jwks: the key set has keys that cannot be used"`
	wereRemoved = `level=INFO msg="jwks: keys were removed"`
	isStale     = `level=WARN msg="jwks: keys are used past their expiry"`
)

// setDefault sets the default logger until the test ends.
func setDefault(t testing.TB, logger *slog.Logger) {
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(logger)
}

// A first user forgets the slash at the end of the issuer. Each request gets a 503, and the
// console says once a minute what to pass to Discover.
func TestWrongSlashIsLogged(t *testing.T) {
	const longIssuer = "https://keycloak.apps.production.eu-central-1.shop.example.com/auth/realms/customers-production-" // 96 bytes
	for _, tc := range []struct{ name, ours, theirs, advice string }{
		{"too few", issuer, issuer + "/", "with the slash at the end"},
		{"too many", issuer + "/", issuer, "without a slash at the end"},
		{"another issuer", issuer, "https://other.example.com", "exactly the issuer that this metadata is of"},
		{"another tenant", longIssuer + "7", longIssuer + "8", "exactly the issuer that this metadata is of"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				var console journal
				setDefault(t, console.logger(slog.LevelInfo))
				w := newWeb()
				w.put(strings.TrimSuffix(tc.ours, "/")+openID, metadata(tc.theirs, keysURL))
				source := discover(t, tc.ours, through(w))
				auth := must(newAuth(source))
				d := &service{source, auth}
				for range 100 { // in 50 seconds
					d.want(t, 503, token("a"))
					time.Sleep(500 * time.Millisecond)
				}
				record := []string{cannotFetch, "issuer=" + tc.ours + " ", "in_use=0", tc.advice, fmt.Sprintf(`\"%s\", not \"%s\"`, tc.theirs, tc.ours)}
				console.want(t, record)
				time.Sleep(30 * time.Second)
				d.want(t, 503, token("a"))
				console.want(t, append(record, " suppressed="))
			})
		})
	}
}

func TestRecords(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a", "b")
		var log journal
		d := protect(t, p, jwks.Options{Logger: log.logger(slog.LevelDebug), MaxStale: time.Hour})
		d.want(t, 200, token("a"))
		log.want(t,
			[]string{`level=DEBUG msg="jwks: the keys were fetched" issuer=` + issuer + " in_use=2"},
			[]string{`level=DEBUG msg="jwks: new keys are in use"`, `keys="EdDSA \"a\", EdDSA \"b\""`})

		// All changes of a set are in one record of each kind.
		time.Sleep(2 * time.Minute)
		p.set(func() {
			p.body = keySet(edJWK("c", "c"),
				`{"kid":"p384","kty":"EC","crv":"P-384","x":"AA","y":"AA"}`,
				`{"kid":"encrypts","kty":"RSA","use":"enc"}`,
				`{"kid":"wraps","kty":"RSA","key_ops":["wrapKey"]}`,
				with(rsaJWK("rs1", rsaKey()), `"alg":"RS1"`))
		})
		d.Refresh(t.Context())
		log.want(t,
			[]string{"were fetched"},
			[]string{"new keys", `keys="EdDSA \"c\""`},
			[]string{wereRemoved, `keys="EdDSA \"a\", EdDSA \"b\""`, "in_use=1"},
			[]string{cannotUse, `(kid \"p384\"): `, `(kid \"rs1\"): its alg \"RS1\" is not supported`})

		// What has not changed is not repeated.
		time.Sleep(2 * time.Minute)
		d.Refresh(t.Context())
		log.want(t, []string{"were fetched"})

		// Nor is what has only changed its place. Another key is another one, also without a kid.
		const odd = `{"kty":"odd"}`
		for _, step := range []struct {
			set      []string
			reported string
		}{
			{[]string{odd, edJWK("c", "c")}, "key 1 "},
			{[]string{edJWK("c", "c"), odd}, ""},
			{[]string{odd, edJWK("c", "c"), odd}, "key 3 "},
		} {
			time.Sleep(2 * time.Minute)
			p.set(func() { p.body = keySet(step.set...) })
			d.Refresh(t.Context())
			records := [][]string{{"were fetched"}}
			if step.reported != "" {
				records = append(records, []string{cannotUse, `err="jwks: ` + step.reported})
			}
			log.want(t, records...)
		}

		// Of many keys that cannot be used, eight are named.
		time.Sleep(2 * time.Minute)
		p.set(func() {
			set := []string{edJWK("c", "c")}
			for n := range 12 {
				set = append(set, fmt.Sprintf(`{"kid":"odd %d","kty":"odd"}`, n))
			}
			p.body = keySet(set...)
		})
		d.Refresh(t.Context())
		log.want(t, []string{"were fetched"}, []string{cannotUse, "odd 7", "and 4 more"})

		// Past their expiry.
		time.Sleep(2 * time.Minute)
		p.goDown()
		time.Sleep(70 * time.Minute)
		log.take()
		d.want(t, 200, token("c"))
		log.want(t, []string{isStale, "in_use=1", "it answered with status 500"})
	})
}

// A set without keys for signatures only has nothing for an operator to mend.
func TestKeysForAnotherUseAreNotLogged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider()
		p.set(func() { p.body = keySet(edJWK("a", "a"), `{"kid":"encrypts","kty":"RSA","use":"enc"}`) })
		var log journal
		var told events
		d := protect(t, p, jwks.Options{Logger: log.logger(slog.LevelInfo), OnEvent: told.add})
		d.want(t, 200, token("a"))
		log.want(t)
		if got, want := told.take(), "fetched, key added a, key skipped encrypts"; got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	})
}

// Each kind has its own minute, and so has each source.
func TestKindsOfRecordsAreApart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a", "b")
		var log journal
		opts := jwks.Options{Logger: log.logger(slog.LevelInfo)}
		d, other := protect(t, p, opts), protect(t, p, opts)
		d.Refresh(t.Context())
		other.Refresh(t.Context())
		p.publish("b")
		d.Refresh(t.Context())
		log.want(t, []string{wereRemoved})
		p.goDown()
		d.Refresh(t.Context())
		log.want(t, []string{cannotFetch})
		d.Refresh(t.Context())
		log.want(t)
		other.Refresh(t.Context())
		log.want(t, []string{cannotFetch})
		other.Close()
		p.comeUp()
		p.publish("c")
		d.Refresh(t.Context())
		log.want(t)
		time.Sleep(time.Minute)
		p.publish("d")
		d.Refresh(t.Context())
		log.want(t, []string{wereRemoved, `keys="EdDSA \"c\""`, "suppressed=1"})
	})
}

func TestWhichLogger(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var first, second, own journal
		setDefault(t, first.logger(slog.LevelInfo))
		p := newProvider("a")
		p.goDown()
		d := protect(t, p, jwks.Options{})
		set := protect(t, p, jwks.Options{Logger: own.logger(slog.LevelInfo)})
		slog.SetDefault(second.logger(slog.LevelInfo)) // after New
		d.Refresh(t.Context())
		first.want(t)
		second.want(t, []string{cannotFetch})
		set.Refresh(t.Context())
		second.want(t)
		own.want(t, []string{cannotFetch})
	})
}

// Addresses are logged without their query, and what a provider says is one short line.
func TestRecordsShowNothingSecret(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log journal
		opts := through(roundTrip(func(r *http.Request) (*http.Response, error) {
			return nil, errors.New("line one\nlevel=ERROR forged\u2028\u202e" + strings.Repeat("x", 1000))
		}))
		opts.Logger = log.logger(slog.LevelInfo)
		source := open(t, keysURL+"?key=s3cret", opts)
		source.Refresh(t.Context())
		if text := log.take(); !strings.Contains(text, keysURL+": ") || strings.Contains(text, "s3cret") || strings.ContainsAny(text, "\u2028\u202e") || len(text) > 600 {
			t.Errorf("the record %s", text)
		}
	})
}

// Nothing is computed for a level that is off.
func TestLevelsThatAreOff(t *testing.T) {
	p := newProvider("a")
	d := protect(t, p, jwks.Options{Logger: slog.New(slog.DiscardHandler)})
	down := errors.New("down")
	for _, kind := range []jwks.EventKind{jwks.Fetched, jwks.Failed, jwks.KeySkipped, jwks.KeyAdded, jwks.KeyRemoved, jwks.ServedStale} {
		if n := testing.AllocsPerRun(100, func() { jwks.Log(d.Source, kind, "err", down) }); n != 0 {
			t.Errorf("%s: %v allocations", kind, n)
		}
	}
}

// The error for a token that no key fits names what the token wants and what the source has.
func TestUnknownKeySaysWhatThereIs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider()
		p.set(func() { p.body = keySet(edJWK("2025", "2025"), with(rsaJWK("2025", rsaKey()), `"alg":"RS256"`)) })
		d := protect(t, p, jwks.Options{})
		const never = ` (unverified), because keys are used for RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA only: have the issuer sign with one of these; `
		const has = `the source has EdDSA "2025", RS256 "2025": is the token of another issuer, or of one that has not published the key?`
		for _, tc := range []struct{ name, algorithm, kid, want string }{
			{"an algorithm without keys, and no set yet", "HS512", "2026", `jwks: no key can have alg "HS512"` + never + `the source has no key`},
			{"a symmetric algorithm", "HS256", "2025", `jwks: no key can have alg "HS256"` + never + `the source has no key`},
			{"an unknown kid", "RS256", "2026", `jwks: no key for alg "RS256", kid "2026" (unverified): ` + has},
			{"an algorithm without keys", "RS512", "2026", `jwks: no key for alg "RS512", kid "2026" (unverified): ` + has},
			{"no key of the algorithm", "ES256", "", `jwks: no key for alg "ES256" without kid (unverified): ` + has},
			{"the kid of another algorithm", "PS256", "2025", `jwks: no key for alg "PS256", kid "2025" (unverified): the source has EdDSA "2025", RS256 "2025": if that RS256 key has no alg, and the issuer signs with PS256, name PS256 in Options.Algorithms`},
			{"the kid of a key that cannot serve it", "ES256", "2025", `jwks: no key for alg "ES256", kid "2025" (unverified): ` + has},
			{"when no fetch is allowed", "RS256", "2027", `jwks: no key for alg "RS256", kid "2027" (unverified): ` + has},
			{"a forged line", "a\nb", "\u202e", `jwks: no key can have alg "a\nb"` + never + `the source has EdDSA "2025", RS256 "2025"`},
		} {
			if tc.name == "when no fetch is allowed" {
				for n := range 5 {
					d.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: "RS256", KeyID: fmt.Sprint("used ", n)})
				}
			}
			keys, err := d.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: tc.algorithm, KeyID: tc.kid})
			if keys != nil || !errors.Is(err, jwthttp.ErrUnknownKey) || err.Error() != tc.want {
				t.Errorf("%s: %v, %v\nwant %s", tc.name, keys, err, tc.want)
			}
		}
	})
}

// Floods of tokens with unknown keys pay for no text.
func TestUnknownKeyAllocations(t *testing.T) {
	d := protect(t, newProvider("a"), jwks.Options{})
	for n := range 6 { // uses the budget up
		d.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: "EdDSA", KeyID: fmt.Sprint(n)})
	}
	for _, algorithm := range []string{"EdDSA", "RS512"} {
		h := jwthttp.TokenHeader{Algorithm: algorithm, KeyID: "unknown"}
		n := testing.AllocsPerRun(100, func() {
			if _, err := d.Keys(context.Background(), h); err == nil {
				t.Error("there is such a key")
			}
		})
		if n > 1 {
			t.Errorf("%s: %v allocations, want that of the error", algorithm, n)
		}
	}
}

// BenchmarkUnknownKey is the cost of a token with an unknown key, as in a flood.
func BenchmarkUnknownKey(b *testing.B) {
	d := protect(b, newProvider("a"), jwks.Options{})
	for n := range 6 {
		d.Keys(b.Context(), jwthttp.TokenHeader{Algorithm: "EdDSA", KeyID: fmt.Sprint(n)})
	}
	for _, algorithm := range []string{"EdDSA", "RS512"} {
		b.Run(algorithm, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.Keys(context.Background(), jwthttp.TokenHeader{Algorithm: algorithm, KeyID: "unknown"})
			}
		})
	}
}
