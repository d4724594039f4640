package logtext

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/internal/jws"
)

const maxListed = 8 // keys or texts, of one list

// NoKey says that a source has no key for a token. algorithm and kid are those of the token's
// header, which nobody has verified. keys are those of the source, as in [Keys]. possible are
// the algorithms that its keys can have at all. mend is appended for a token of one of these.
func NoKey(algorithm, kid string, possible []string, keys iter.Seq2[string, string], mend string) string {
	if !slices.Contains(possible, algorithm) {
		return fmt.Sprintf("no key can have alg %s (unverified), because keys are used for %s only: have the issuer sign with one of these; the source has %s", quote(algorithm, 64), jws.List(possible, "and"), Keys(keys))
	}
	wanted := " without kid"
	if kid != "" {
		wanted = ", kid " + quote(kid, 64)
	}
	return fmt.Sprintf("no key for alg %s%s (unverified): the source has %s%s", quote(algorithm, 64), wanted, Keys(keys), mend)
}

// Keys lists keys, each by its algorithm and its id, which may be "". It names the first 8, and
// says how many more there are.
func Keys(keys iter.Seq2[string, string]) string {
	var names []string
	rest := 0
	for algorithm, id := range keys {
		switch {
		case len(names) == maxListed:
			rest++
		case id == "":
			names = append(names, algorithm+" without kid")
		default:
			names = append(names, algorithm+" "+quote(id, 64))
		}
	}
	switch {
	case len(names) == 0:
		return "no key"
	case rest > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), rest)
	}
	return strings.Join(names, ", ")
}
