package providers

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// jwtKeys returns the keys of a trust bundle that sign JWT-SVIDs.
func jwtKeys(bundle []byte) (jwks.Set, error) {
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.Unmarshal(bundle, &set); err != nil {
		return jwks.Set{}, err
	}
	set.Keys = slices.DeleteFunc(set.Keys, func(k map[string]any) bool { return k["use"] != "jwt-svid" })
	for _, k := range set.Keys {
		delete(k, "use") // package jwks skips keys that are for another use than sig
	}
	text, err := json.Marshal(set)
	if err != nil {
		return jwks.Set{}, err
	}
	return jwks.Parse(text)
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
