package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/issue"
)

// issued are the claims of a token that is made: those of RFC 7519, and six.
type issued struct {
	jwt.RegisteredClaims
	Name   string   `json:"name"`
	Email  string   `json:"email"`
	Scope  string   `json:"scope"`
	Roles  []string `json:"roles"`
	Tenant int      `json:"tenant"`
	Admin  bool     `json:"admin"`
}

func issuedClaims(i int) issued {
	return issued{
		RegisteredClaims: jwt.RegisteredClaims{Subject: fmt.Sprint("user-", i)},
		Name:             "Alice Example", Email: "alice@example.com", Scope: "orders:read orders:write", Roles: []string{"admin", "sales"}, Tenant: i,
	}
}

const issuedCount = 100 // tokens of a batch

// issuing measures how tokens are made. golang-jwt gets the claims that the issuer sets from the
// program. Token also verifies, so its goals are those without one verification.
func issuing(r *Report) error {
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodES256, jwt.SigningMethodRS256} {
		if err := issuingBy(r, method); err != nil {
			return fmt.Errorf("%s: %w", method.Alg(), err)
		}
	}
	return nil
}

func issuingBy(r *Report, method jwt.SigningMethod) error {
	private, _ := contest.Keys(method.Alg())
	iss, err := issue.New[issued](issue.Options{Issuer: contest.Issuer, Audience: []string{contest.Audience}}, issue.NewKey(method, private))
	if err != nil {
		return err
	}
	opts := iss.Options()
	opts.RememberSignatures = -1 // no token is verified twice
	auth, err := jwthttp.New[issued](iss, opts)
	if err != nil {
		return err
	}
	ctx := context.Background()
	var claims []issued
	var tokens []string
	for i := range issuedCount {
		claims = append(claims, issuedClaims(i))
		token, _, err := iss.Token(ctx, claims[i])
		if err != nil {
			return err
		}
		tokens = append(tokens, token)
	}
	each := func(name string, do func(i int) error) runner {
		return repeated(name, func() int {
			for i := range issuedCount {
				if err := do(i); err != nil {
					panic(fmt.Sprint(name, ": ", err))
				}
			}
			return issuedCount
		})
	}
	const signs, token, verifies = "golang-jwt, SignedString", "jwthttp, Token", "jwthttp, Verify of that"
	t := r.inTurns(method.Alg()+": a token is made", []runner{
		each(signs, func(i int) error {
			c, now := claims[i], time.Now()
			c.Issuer, c.Audience, c.ID = contest.Issuer, jwt.ClaimStrings{contest.Audience}, rand.Text()
			c.IssuedAt, c.ExpiresAt = jwt.NewNumericDate(now), jwt.NewNumericDate(now.Add(15*time.Minute))
			_, err := jwt.NewWithClaims(method, c).SignedString(private)
			return err
		}),
		each(token, func(i int) error {
			_, _, err := iss.Token(ctx, claims[i])
			return err
		}),
		each(verifies, func(i int) error {
			_, err := auth.Verify(ctx, tokens[i])
			return err
		}),
	})
	t.Note = "Token also verifies what it has made"
	r.Tables = append(r.Tables, t)
	made, check := t.row(token), t.row(verifies)
	name := method.Alg() + " Token without its verification"
	if method == jwt.SigningMethodHS256 { // with the others, the signature takes nearly all of the time
		r.atMost(name+", ratio to golang-jwt", made.Ratio-check.Ratio, 1, 0)
	}
	r.atMost(name+", allocations to golang-jwt", (made.Allocs-check.Allocs)/t.Rows[0].Allocs, 1, 0)
	return nil
}
