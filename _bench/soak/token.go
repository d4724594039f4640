package main

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	fixedIssuer = "https://fixed.example.com"
	audience    = "orders"
	farAhead    = 4102444800 // the year 2100
)

// A token is a token with the answer to a request that has it.
type token struct {
	raw    string
	number uint64 // its subject and its id
	kid    string
}

// poolNumbers gives every token of the pools a number of its own. The numbers of workers are
// far above these.
var poolNumbers atomic.Uint64

func subject(number uint64) string { return "user-" + strconv.FormatUint(number, 10) }
func id(number uint64) string      { return strconv.FormatUint(number*0x9e3779b97f4a7c15, 16) }

// A signer writes tokens by hand, since a library would not write many of these.
type signer struct {
	kid    string
	header string
	sign   func(input []byte) []byte
}

func newSigner(alg, kid string, key any) signer {
	method := jwt.GetSigningMethod(alg)
	return signer{kid, `{"alg":"` + alg + `","typ":"at+jwt","kid":"` + kid + `"}`, func(input []byte) []byte {
		sig, err := method.Sign(string(input), key)
		if err != nil {
			panic(err)
		}
		return sig
	}}
}

var signatureBytes = map[string]int{"HS256": 32, "RS256": 256, "ES256": 64, "EdDSA": 64}

// unsigned is for tokens whose signature is never checked.
func unsigned(alg, kid string) signer {
	return signer{kid, `{"alg":"` + alg + `","kid":"` + kid + `"}`, func([]byte) []byte { return make([]byte, signatureBytes[alg]) }}
}

// token signs the claims. more has further members, each after a comma.
func (s signer) token(issuer string, number uint64, expires int64, more string) token {
	return s.tokenFor(issuer, audience, number, expires, more)
}

func (s signer) tokenFor(issuer, audience string, number uint64, expires int64, more string) token {
	return s.tokenWith(issuer, audience, number, id(number), expires, more)
}

func (s signer) tokenWith(issuer, audience string, number uint64, jti string, expires int64, more string) token {
	sub := subject(number)
	payload := fmt.Appendf(make([]byte, 0, 256), `{"iss":"%s","sub":"%s","aud":"%s","exp":%d,"jti":"%s","kept":"%s%s"%s}`,
		issuer, sub, audience, expires, jti, sub, jti, more)
	b := make([]byte, 0, 1024)
	b = base64.RawURLEncoding.AppendEncode(b, []byte(s.header))
	b = base64.RawURLEncoding.AppendEncode(append(b, '.'), payload)
	sig := s.sign(b)
	b = base64.RawURLEncoding.AppendEncode(append(b, '.'), sig)
	return token{string(b), number, s.kid}
}

// pools has the tokens that are too expensive to make for each request.
type pools struct {
	seen, fresh []token   // RS256; the middleware cannot remember as many as fresh has
	kinds       [][]token // the same for PS256, ES256 and EdDSA
	expired     []token
	forged      []token // signed with other keys
	expiring    []token // token i expires at second i of the run
	since       time.Time
	next        atomic.Uint64 // index into fresh: each token comes again as late as possible
}

const remembered = 256

func newPools(ours, theirs map[string]signer) *pools {
	make := func(n int, s signer, expires func(i int) int64) []token {
		tokens := make([]token, n)
		for i := range tokens {
			tokens[i] = s.token(fixedIssuer, poolNumbers.Add(1), expires(i), "")
		}
		return tokens
	}
	never := func(int) int64 { return farAhead }
	p := &pools{
		seen:    make(64, ours["RS256"], never),
		fresh:   make(4*remembered, ours["RS256"], never),
		expired: make(32, ours["RS256"], func(i int) int64 { return time.Now().Unix() - int64(i) }),
	}
	for _, alg := range algorithms[2:] {
		p.kinds = append(p.kinds, make(remembered, ours[alg], never))
	}
	for _, alg := range algorithms[1:] {
		p.forged = append(p.forged, make(8, theirs[alg], never)...)
	}
	p.since = time.Now()
	p.expiring = make(96, ours["RS256"], func(i int) int64 { return p.since.Unix() + int64(i) })
	return p
}
