package logtext

import (
	"fmt"
	"iter"
	"strings"
)

const maxListed = 8 // keys, of one list

// NoKey says that a source has no key for a token. algorithm and kid are those of the token's
// header, which nobody has verified. keys are those of the source, as in [Keys].
func NoKey(algorithm, kid string, keys iter.Seq2[string, string]) string {
	wanted := " without kid"
	if kid != "" {
		wanted = fmt.Sprintf(", kid %.64q", kid)
	}
	return fmt.Sprintf("no key for alg %.64q%s (unverified): the source has %s", algorithm, wanted, Keys(keys))
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
			names = append(names, fmt.Sprintf("%s %.64q", algorithm, id))
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
