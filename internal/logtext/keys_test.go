package logtext_test

import (
	"iter"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/logtext"
)

// listed yields names, each an algorithm and perhaps an id after a space.
func listed(names ...string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, name := range names {
			algorithm, id, _ := strings.Cut(name, " ")
			if !yield(algorithm, id) {
				return
			}
		}
	}
}

func TestKeys(t *testing.T) {
	const eight = `RS256 "1", RS256 "2", RS256 "3", RS256 "4", RS256 "5", RS256 "6", RS256 "7", RS256 "8"`
	var twenty []string
	for n := range 20 {
		twenty = append(twenty, "RS256 "+string(rune('1'+n)))
	}
	for _, tc := range []struct {
		name string
		keys []string
		want string
	}{
		{"none", nil, "no key"},
		{"one", []string{"RS256 2025"}, `RS256 "2025"`},
		{"without id", []string{"RS256", "ES256 a"}, `RS256 without kid, ES256 "a"`},
		{"eight", twenty[:8], eight},
		{"nine", twenty[:9], eight + " and 1 more"},
		{"twenty", twenty, eight + " and 12 more"},
		{"a long id", []string{"RS256 " + strings.Repeat("k", 65)}, `RS256 "` + strings.Repeat("k", 64) + `"…`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := logtext.Keys(listed(tc.keys...)); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func TestNoKey(t *testing.T) {
	for _, tc := range []struct{ name, algorithm, kid, want string }{
		{"kid", "RS512", "2026", `no key for alg "RS512", kid "2026" (unverified): the source has RS256 "2025"`},
		{"no kid", "RS512", "", `no key for alg "RS512" without kid (unverified): the source has RS256 "2025"`},
		{"a forged line", "a\nb\u2028c\u202e", strings.Repeat("k", 65),
			`no key can have alg "a\nb\u2028c\u202e" (unverified), because keys are used for RS256 and RS512 only: have the issuer sign with one of these; the source has RS256 "2025"`},
		{"a forged kid", "RS512", "a\nb\u2028c\u202e", `no key for alg "RS512", kid "a\nb\u2028c\u202e" (unverified): the source has RS256 "2025"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := logtext.NoKey(tc.algorithm, tc.kid, []string{"RS256", "RS512"}, listed("RS256 2025"), ""); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}
