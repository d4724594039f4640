package providers

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"strings"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// jwtKeys returns the keys of a trust bundle that sign JWT-SVIDs.
func jwtKeys(bundle []byte) (jwks.Set, error) {
	var all struct{ Keys []map[string]any }
	errBundle := json.Unmarshal(bundle, &all)
	var keys []map[string]any
	for _, k := range all.Keys {
		if k["use"] == "jwt-svid" {
			delete(k, "use") // jwks.Parse skips keys for another use than sig
			keys = append(keys, k)
		}
	}
	text, errText := json.Marshal(map[string]any{"keys": keys})
	set, err := jwks.Parse(text)
	return set, errors.Join(errBundle, errText, err)
}

func spiffe(bundle []byte, serve func(http.Handler)) {
	set, err := jwtKeys(bundle)
	if err != nil {
		log.Fatal(err)
	}
	isOfOurDomain := func(_ context.Context, t *jwthttp.Token[Claims]) error {
		if !strings.HasPrefix(t.Claims.Subject, "spiffe://example.org/") {
			return errors.New("not a workload of our trust domain")
		}
		return nil
	}
	auth, err := jwthttp.New(set.Keys, jwthttp.Options{
		Audience: []string{"spiffe://example.org/orders"}, Types: []string{"JWT", "JOSE", ""},
	}, isOfOurDomain)
	if err != nil {
		log.Fatal(err)
	}
	serve(auth.Handler(api))
}
