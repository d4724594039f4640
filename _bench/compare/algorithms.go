package main

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/_bench/contest"
)

// algorithms measures each algorithm against its bare primitive: golang-jwt's Verify, which
// hashes the signed bytes and calls Go's crypto. The primitive reads no JSON and no claims.
func algorithms(r *Report) error {
	for _, alg := range []string{"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"} {
		tokens := contest.Tokens(alg, 0, 200)
		method := jwt.GetSigningMethod(alg)
		_, key := contest.Keys(alg)
		inputs, signatures := make([]string, len(tokens)), make([][]byte, len(tokens))
		for i, token := range tokens {
			raw := strings.TrimPrefix(token, "Bearer ")
			dot := strings.LastIndexByte(raw, '.')
			sig, err := base64.RawURLEncoding.DecodeString(raw[dot+1:])
			if err != nil {
				return err
			}
			inputs[i], signatures[i] = raw[:dot], sig
		}
		runners := []runner{{"floor: the signature alone", func() int {
			for i := range inputs {
				if err := method.Verify(inputs[i], signatures[i], key); err != nil {
					panic(fmt.Sprint(alg, ": ", err))
				}
			}
			return len(inputs)
		}}}
		isPublic := !strings.HasPrefix(alg, "HS")
		first, err := served(alg, tokens, contest.OursNoMemory)
		if err != nil {
			return err
		}
		runners = append(runners, first...)
		if isPublic { // an HMAC is never remembered
			seen, err := served(alg, tokens, contest.Ours)
			if err != nil {
				return err
			}
			seen[0].name = "jwthttp, seen before"
			runners = append(runners, seen...)
		}
		t := r.inTurns(alg+": 200 tokens in turn", runners)
		r.Tables = append(r.Tables, t)
		if isPublic {
			r.atMost(alg+" first sight, ratio to the signature alone", t.Rows[1].Ratio, 1.3, 0)
			r.atMost(alg+" seen before, ratio to the signature alone", t.Rows[2].Ratio, 0.3, 0)
		} else {
			r.atMost(alg+", ratio to the signature alone", t.Rows[1].Ratio, 3, 0)
		}
	}
	return nil
}
