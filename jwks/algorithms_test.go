package jwks_test

import (
	"crypto/elliptic"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

const everyName = "use some of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 and EdDSA"

func TestAlgorithmsErrors(t *testing.T) {
	for _, tc := range []struct {
		name  string
		names []string
		want  string
	}{
		{"empty", []string{}, "jwks: Options.Algorithms is empty, so that no token could be accepted: " + everyName},
		{"HS256", []string{"RS256", "HS256"}, "jwks: Options.Algorithms has HS256, whose key is a secret and is never published: " + everyName},
		{"HS512", []string{"HS512"}, "jwks: Options.Algorithms has HS512, whose key is a secret"},
		{"none", []string{"none"}, `jwks: Options.Algorithms has "none", which no key of a key set is used for: ` + everyName},
		{"an empty name", []string{"RS256", ""}, `jwks: Options.Algorithms has "", which`},
		{"lower case", []string{"rs256"}, `jwks: Options.Algorithms has "rs256", which`},
		{"a space", []string{"RS256 "}, `jwks: Options.Algorithms has "RS256 ", which`},
		{"several in one", []string{"RS256,PS256"}, `jwks: Options.Algorithms has "RS256,PS256", which`},
		{"another one", []string{"ES256K"}, `jwks: Options.Algorithms has "ES256K", which`},
		{"Ed448", []string{"Ed448"}, `jwks: Options.Algorithms has "Ed448", which`},
		{"for encryption", []string{"RSA-OAEP"}, `jwks: Options.Algorithms has "RSA-OAEP", which`},
		{"twice", []string{"RS256", "PS256", "RS256"}, "jwks: Options.Algorithms has RS256 twice"},
		{"EdDSA by both names", []string{"Ed25519", "EdDSA"}, "jwks: Options.Algorithms has EdDSA twice (Ed25519 is EdDSA): " + everyName},
	} {
		opts := jwks.Options{Audience: []string{audience}, Algorithms: tc.names}
		t.Run("Discover "+tc.name, func(t *testing.T) {
			wantMistakes(t, func() (*jwks.Source, error) { return jwks.Discover(issuer, opts) }, tc.want)
		})
		t.Run("New "+tc.name, func(t *testing.T) {
			opts := opts
			opts.Issuer = issuer
			wantMistakes(t, func() (*jwks.Source, error) { return jwks.New(keysURL, opts) }, tc.want)
		})
	}
}

// A key serves what it says or, if it says nothing, what fits its type. Both are limited to the
// list.
func TestAlgorithms(t *testing.T) {
	rs, ec, ed := rsaJWK("rs", rsaKey()), ecJWK("ec", ecKey()), edJWK("ed", "ed")
	p384 := newECKey(elliptic.P384())
	every := []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
	all := func() map[string]string { // tokens by algorithm
		tokens := map[string]string{}
		for _, algorithm := range every[:6] {
			tokens[algorithm] = tokenOf(algorithm, "rs", rsaKey())
		}
		tokens["ES256"], tokens["ES384"] = tokenOf("ES256", "ec", ecKey()), tokenOf("ES384", "p384", p384)
		tokens["EdDSA"] = tokenOf("EdDSA", "ed", edKey("ed"))
		return tokens
	}()
	for _, tc := range []struct {
		name    string
		names   []string
		keys    []string
		good    string // algorithms of tokens; others are refused
		inUse   int
		skipped string // "" if nothing is
	}{
		{"nil", nil, []string{rs, ec, ed}, "RS256 ES256 EdDSA", 3, ""},
		{"as without", []string{"RS256", "ES256", "EdDSA"}, []string{rs, ec, ed}, "RS256 ES256 EdDSA", 3, ""},
		{"another of RSA", []string{"PS256"}, []string{rs}, "PS256", 1, ""},
		{"two of RSA, in another order", []string{"PS256", "RS256"}, []string{rs}, "RS256 PS256", 1, ""},
		{"every one", every, []string{rs, ec, ed, ecJWK("p384", p384)}, "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA", 4, ""},
		{"Ed25519", []string{"Ed25519"}, []string{ed}, "EdDSA", 1, ""},
		{"Ed25519 in the key", []string{"EdDSA"}, []string{with(ed, `"alg":"Ed25519"`)}, "EdDSA", 1, ""},
		{"alg in the list", []string{"RS256", "PS256"}, []string{with(rs, `"alg":"PS256"`)}, "PS256", 1, ""},
		{"alg null", []string{"RS256", "PS256"}, []string{with(rs, `"alg":null`)}, "RS256 PS256", 1, ""},
		{"alg not in the list", []string{"RS256", "EdDSA"}, []string{with(rs, `"alg":"PS256"`), ed}, "EdDSA", 1,
			`key 1 (kid "rs"): its alg PS256 is not in Options.Algorithms (RS256 and EdDSA): add it, if tokens use it`},
		{"Ed25519 not in the list", []string{"RS256"}, []string{with(ed, `"alg":"Ed25519"`), rs}, "RS256", 1, "its alg EdDSA is not in Options.Algorithms"},
		{"an alg that does not fit", []string{"RS256", "ES256"}, []string{with(rs, `"alg":"ES256"`), ec}, "ES256", 1, `its alg "ES256" is not supported for this key`},
		{"no alg, of another type", []string{"RS256", "PS256"}, []string{ec, rs}, "RS256 PS256", 1,
			`key 1 (kid "ec"): Options.Algorithms (RS256 and PS256) has none of those of its type: add ES256, if tokens use it`},
		{"no alg, of another curve", []string{"ES256", "EdDSA"}, []string{ecJWK("p384", p384), ec}, "ES256", 1, "has none of those of its type: add ES384, if tokens use it"},
		{"one kid for two keys, with alg and without", []string{"RS256", "PS256"}, []string{with(rsaJWK("rs", rsaOther()), `"alg":"PS256"`), rs}, "RS256", 2,
			`key 2 (kid "rs"): its kid is twice in the set for PS256, and the first key is used`},
		{"one kid for two keys, both without alg", []string{"RS256", "PS256"}, []string{rs, rsaJWK("rs", rsaOther())}, "RS256 PS256", 1,
			`key 2 (kid "rs"): its kid is twice in the set for RS256 and PS256, and the first key is used`},
		{"no kid", []string{"RS256", "PS256"}, []string{strings.Replace(rs, `"kid":"rs",`, "", 1)}, "RS256 PS256", 1, ""},
		{"a map of certificates", []string{"RS512", "PS512", "ES256"}, nil, "RS512 PS512 ES256", 2, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			body := keySet(tc.keys...)
			if tc.keys == nil {
				body = pemMap("rs", certificatePEM(rsaKey()), "ec", publicPEM(ecKey()))
			}
			w := newWeb()
			w.put(keysURL, text(body))
			opts, told := through(w), &events{}
			opts.Algorithms, opts.OnEvent = tc.names, told.add
			source := open(t, keysURL, opts)
			for i := range opts.Algorithms {
				opts.Algorithms[i] = "HS256" // too late
			}
			wantRefresh(t, source, "")
			for algorithm, token := range all {
				want := jwthttp.ErrInvalidToken
				if strings.Contains(tc.good, algorithm) {
					want = nil
				}
				t.Run(algorithm, func(t *testing.T) { wantToken(t, source, token, want) })
			}
			if got := source.Stats().Keys; got != tc.inUse {
				t.Errorf("%d keys in use, want %d", got, tc.inUse)
			}
			source.Close() // waits for events
			var skipped []error
			for _, event := range told.list {
				if event.Kind == jwks.KeySkipped {
					skipped = append(skipped, event.Err)
				}
			}
			if (len(skipped) > 0) != (tc.skipped != "") || len(skipped) > 1 {
				t.Fatalf("skipped %v", skipped)
			}
			if len(skipped) == 1 {
				wantError(t, skipped[0], nil, tc.skipped)
			}
		})
	}
}

// What counts and reports keys takes a key of the set for one, however many algorithms it serves.
func TestAlgorithmsAndEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		rs := rsaJWK("rs", rsaKey())
		p := newProvider()
		p.set(func() { p.body = keySet(rs, with(edJWK("a", "a"), `"alg":"EdDSA"`)) })
		var log journal
		told := &events{}
		d := protect(t, p, jwks.Options{Algorithms: []string{"RS256", "PS256", "RS512"}, OnEvent: told.add, Logger: log.logger(slog.LevelDebug)})
		wantEvents := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := told.take(); got != want {
				t.Errorf("events %q, want %q", got, want)
			}
		}
		d.want(t, 200, tokenOf("PS256", "rs", rsaKey()))
		wantEvents("fetched, key added rs, key skipped a")
		log.want(t, []string{"were fetched", "in_use=1"}, []string{"new keys are in use", "in_use=1", `RS256 \"rs\", RS512 \"rs\", PS256 \"rs\"`}, []string{cannotUse, "its alg EdDSA is not in Options.Algorithms"})
		wantRefresh(t, d.Source, "")
		wantEvents("fetched") // and what is skipped is not reported again
		log.want(t)

		// Its alg is added: tokens of the others are refused from now on.
		p.set(func() { p.body = keySet(with(rs, `"alg":"RS256"`)) })
		wantRefresh(t, d.Source, "")
		wantEvents("fetched, key removed rs")
		log.want(t, []string{wereRemoved, `keys="RS512 \"rs\", PS256 \"rs\""`})
		d.want(t, 200, tokenOf("RS256", "rs", rsaKey()))
		d.want(t, 401, tokenOf("PS256", "rs", rsaKey()))
		wantEvents("fetched") // two fetches may be reported in any order
		p.set(func() { p.body = keySet(rs) })
		d.want(t, 200, tokenOf("PS256", "rs", rsaKey()))
		wantEvents("fetched, key added rs")
		if n := d.Stats().Keys; n != 1 {
			t.Errorf("%d keys in use", n)
		}
	})
}

// The first 100 keys of a set count, however many algorithms they serve.
func TestAlgorithmsOfManyKeys(t *testing.T) {
	var keys []string
	for i := range 101 {
		keys = append(keys, rsaJWK(fmt.Sprint(i), rsaKey()))
	}
	w := newWeb()
	w.put(keysURL, text(keySet(keys...)))
	opts := through(w)
	opts.Algorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	source := open(t, keysURL, opts)
	wantRefresh(t, source, "")
	for _, algorithm := range opts.Algorithms {
		wantToken(t, source, tokenOf(algorithm, "99", rsaKey()), nil)
		wantToken(t, source, tokenOf(algorithm, "100", rsaKey()), jwthttp.ErrUnknownKey)
	}
	if n := source.Stats().Keys; n != 100 {
		t.Errorf("%d keys in use", n)
	}
}

// A token of an algorithm that is not listed is refused, and starts no fetch.
func TestUnlistedAlgorithms(t *testing.T) {
	bubble(t, func(t *testing.T) {
		p := newProvider("a")
		p.set(func() { p.body = keySet(rsaJWK("rs", rsaKey())) })
		d := protect(t, p, jwks.Options{Algorithms: []string{"RS256", "PS256"}})
		header := func(algorithm string) string { return b64(fmt.Appendf(nil, `{"alg":%q}`, algorithm)) + ".e30.AAAA" }
		for range 2 { // before the first fetch and after it
			before := p.count()
			for _, algorithm := range []string{"EdDSA", "Ed25519", "ES256", "RS384", "none", "HS256", ""} {
				d.wantAtOnce(t, 401, header(algorithm))
			}
			if n := p.count() - before; n != 0 {
				t.Errorf("%d fetches", n)
			}
			d.want(t, 200, tokenOf("PS256", "rs", rsaKey()))
		}
		for algorithm, want := range map[string]string{
			"Ed25519": `no key can have alg "EdDSA" (unverified), because Options.Algorithms has RS256 and PS256 only: add it there if the issuer uses it, or have the issuer sign with one of these; the source has RS256 "rs", PS256 "rs"`,
			"HS256":   `no key can have alg "HS256" (unverified), because keys are used for RS256 and PS256 only: have the issuer sign with one of these; the source has RS256 "rs", PS256 "rs"`,
		} {
			_, err := d.auth.Verify(t.Context(), header(algorithm))
			if wantError(t, err, jwthttp.ErrUnknownKey, want); !errors.Is(err, jwthttp.ErrInvalidToken) {
				t.Errorf("error %v", err)
			}
		}
	})
}
