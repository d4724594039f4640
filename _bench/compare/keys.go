package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/jwks"
)

func keySets(r *Report) error {
	tokens := contest.Tokens("HS256", 0, different)
	var runners []runner
	for _, n := range []int{1, 100, 1000, 10000} {
		set := jwthttp.KeySet{jwthttp.HS256(contest.Secret).WithID(contest.KeyID)}
		for i := 1; i < n; i++ {
			set = append(set, jwthttp.HS256(fmt.Appendf(nil, "secret number %050d", i)).WithID(fmt.Sprintf("key-%d", i)))
		}
		more, err := served("HS256", tokens, keysContestant(fmt.Sprintf("jwthttp, key set of %d", n), set, contest.Issuer))
		if err != nil {
			return err
		}
		runners = append(runners, more...)
	}
	t := r.inTurns("HS256, key by kid", runners)
	r.Tables = append(r.Tables, t)
	r.atMost("key set of 100, ratio to one key", t.Rows[1].Ratio, 1.05, 0)
	r.atMost("key set of 1000, ratio to one key", t.Rows[2].Ratio, 1.05, 0)
	r.atMost("key set of 10000, ratio to one key", t.Rows[3].Ratio, 1.10, 0)
	return nil
}

// remoteKeys compares a fixed key with the keys that a provider publishes.
func remoteKeys(r *Report) error {
	const others = 20
	var set jose.JSONWebKeySet
	add := func(kid string, pub *rsa.PublicKey) {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: pub, KeyID: kid, Algorithm: "RS256", Use: "sig"})
	}
	add(contest.KeyID, &contest.PrivateKey().PublicKey)
	for i := range others {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return err
		}
		add(fmt.Sprint("key-", i), &key.PublicKey)
	}
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(set) }))
	defer provider.Close()
	keys, err := jwks.New(provider.URL, jwks.Options{Issuer: contest.Issuer, Audience: []string{contest.Audience}})
	if err != nil {
		return err
	}
	defer keys.Close()
	if err := keys.Refresh(context.Background()); err != nil {
		return err
	}
	fixed := jwthttp.RS256(&contest.PrivateKey().PublicKey).WithID(contest.KeyID).WithIssuer(contest.Issuer, contest.Audience)
	var runners []runner
	for _, c := range []struct {
		name string
		keys jwthttp.KeySource
	}{
		{"jwthttp, a fixed key", fixed},
		{fmt.Sprintf("jwthttp, a key set of %d from a provider", others+1), keys},
		{"jwthttp, the same by issuer", jwthttp.Issuers{contest.Issuer: keys, "https://another.example": fixed.WithIssuer("https://another.example")}},
	} {
		more, err := served("RS256", contest.Tokens("RS256", 0, 200), keysContestant(c.name, c.keys, ""))
		if err != nil {
			return err
		}
		runners = append(runners, more...)
	}
	t := r.inTurns("RS256, seen before, key by kid", runners)
	r.Tables = append(r.Tables, t)
	r.atMost("key of a provider, ratio to a fixed key", t.Rows[1].Ratio, 1.05, 0)
	return nil
}
