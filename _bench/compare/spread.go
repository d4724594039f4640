package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/_bench/tokens"
)

const spread = 10_000 // tokens, each with another key where there are as many

func secret(i int) []byte { return fmt.Appendf(nil, "secret number %050d", i) }
func keyID(i int) string  { return fmt.Sprintf("key-%06d", i) }
func issuer(i int) string { return fmt.Sprintf("https://tenant-%06d.example.com", i) }

// inDisorder returns as many numbers below n as there are tokens, spread evenly, in a disorder that
// is the same in each run.
func inDisorder(n int) []int {
	all := make([]int, spread)
	for i := range all {
		all[i] = i * max(n/spread, 1) % n
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// tokensOfKeys returns a set of n keys, and tokens that are spread over them.
func tokensOfKeys(n int) (jwthttp.KeySet, []contest.Token) {
	numbers := inDisorder(n)
	set := make(jwthttp.KeySet, n)
	for i := range set {
		set[i] = jwthttp.HS256(secret(i)).WithID(keyID(i))
	}
	return set, contest.SignedBy("HS256", len(numbers), func(i int) (string, string, any) {
		return tokens.Claims(10).Payload(i), keyID(numbers[i]), secret(numbers[i])
	})
}

// tokensOfIssuers returns n issuers with a key each, and tokens that are spread over them.
func tokensOfIssuers(n int) (jwthttp.Issuers, []contest.Token) {
	numbers := inDisorder(n)
	issuers := make(jwthttp.Issuers, n)
	for i := range n {
		issuers[issuer(i)] = jwthttp.HS256(secret(i)).WithID(keyID(i))
	}
	return issuers, contest.SignedBy("HS256", len(numbers), func(i int) (string, string, any) {
		return payloadOf(i, issuer(numbers[i])), keyID(numbers[i]), secret(numbers[i])
	})
}

// payloadOf has ten claims, of which one is the issuer.
func payloadOf(user int, issuer string) string {
	return strings.Replace(tokens.Claims(10).Payload(user), contest.Issuer, issuer, 1)
}

// spreadKeys measures tokens that use all keys of a set, and the memory that the keys keep for it.
func spreadKeys(r *Report) error {
	var runners []runner
	kept := 0.0
	for _, n := range []int{1, 10, 100, 1000, spread} {
		set, all := tokensOfKeys(n)
		run, err := servedBy(keysContestant(fmt.Sprintf("jwthttp, %d keys", n), set, contest.Issuer), "HS256", all)
		if err != nil {
			return err
		}
		runners = append(runners, run)
		if n < spread {
			continue
		}
		rig, err := keysContestant("", set, contest.Issuer).UncheckedRig("HS256")
		if err != nil {
			return err
		}
		before := heap()
		runnerOf("", rig, all, 1).batch()
		kept = heap() - before
		runtime.KeepAlive(rig)
		runtime.KeepAlive(all)
	}
	t := r.inTurns("HS256: tokens spread over all keys of a set", runners)
	r.Tables = append(r.Tables, t)
	r.atMost("tokens spread over 10,000 keys, ratio to one key", t.Rows[len(t.Rows)-1].Ratio, 1.5, 1.3)
	r.atMost("tokens spread over 10,000 keys, KiB kept for it", kept/1024, 1024, 0)
	return nil
}

// spreadIssuers measures tokens of all issuers that a service trusts. Each has a key of its own.
func spreadIssuers(r *Report) error {
	var runners []runner
	for _, n := range []int{1, 10, 1000, 100_000} {
		issuers, all := tokensOfIssuers(n)
		run, err := servedBy(keysContestant(fmt.Sprintf("jwthttp, %d issuers", n), issuers, ""), "HS256", all)
		if err != nil {
			return err
		}
		runners = append(runners, run)
	}
	t := r.inTurns("HS256: tokens spread over all issuers", runners)
	r.Tables = append(r.Tables, t)
	r.atMost("tokens spread over 100,000 issuers, ratio to one issuer", t.Rows[len(t.Rows)-1].Ratio, 1.5, 1.3)
	return nil
}

func keysContestant(name string, keys jwthttp.KeySource, issuer string) contest.Contestant {
	return contest.Contestant{Name: name, Protect: func(_ string, next http.Handler) (http.Handler, error) {
		auth, err := jwthttp.New[contest.Claims](keys, jwthttp.Options{Issuer: issuer, Audience: []string{contest.Audience}})
		if err != nil {
			return nil, err
		}
		return auth.Handler(next), nil
	}}
}
