package main

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"
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

// A signer writes tokens by hand. Minting a token for each request must be cheap, and a
// library would not write many of these tokens.
type signer struct {
	kid    string
	header string
	sign   func(input []byte) []byte
}

func hs256(kid string, secret []byte) signer {
	return signer{kid, `{"alg":"HS256","typ":"JWT","kid":"` + kid + `"}`, func(input []byte) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write(input)
		return mac.Sum(nil)
	}}
}

func rs256(kid string, key *rsa.PrivateKey) signer {
	return signer{kid, `{"alg":"RS256","typ":"at+jwt","kid":"` + kid + `"}`, func(input []byte) []byte {
		sum := sha256.Sum256(input)
		sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			panic(err)
		}
		return sig
	}}
}

// unsigned is for tokens whose signature is never checked.
func unsigned(alg, kid string) signer {
	return signer{kid, `{"alg":"` + alg + `","kid":"` + kid + `"}`, func([]byte) []byte { return make([]byte, 256) }}
}

// token signs the claims. more has further members, each after a comma.
func (s signer) token(issuer string, number uint64, expires int64, more string) token {
	return s.tokenFor(issuer, audience, number, expires, more)
}

func (s signer) tokenFor(issuer, audience string, number uint64, expires int64, more string) token {
	sub, jti := subject(number), id(number)
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
	seen, fresh []token // RS256; the middleware cannot remember as many as fresh has
	expired     []token
	forged      []token // signed with another key
	expiring    []token // token i expires at second i of the run
	since       time.Time
	next        atomic.Uint64 // index into fresh: each token comes again as late as possible
}

const remembered = 256

func newPools(ours, theirs *rsa.PrivateKey) *pools {
	make := func(n int, key *rsa.PrivateKey, expires func(i int) int64) []token {
		s := rs256("rs-1", key)
		tokens := make([]token, n)
		inParallel(n, func(i int) { tokens[i] = s.token(fixedIssuer, poolNumbers.Add(1), expires(i), "") })
		return tokens
	}
	never := func(int) int64 { return farAhead }
	p := &pools{
		seen:    make(64, ours, never),
		fresh:   make(4*remembered, ours, never),
		expired: make(32, ours, func(i int) int64 { return time.Now().Unix() - int64(i) }),
		forged:  make(32, theirs, never),
	}
	p.since = time.Now()
	p.expiring = make(96, ours, func(i int) int64 { return p.since.Unix() + int64(i) })
	return p
}
