package issue_test

import (
	"context"
	"crypto/rand"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
)

// costs are what a token takes, in steps: without the verification of its own, by golang-jwt from
// the same claims, that verification alone, and all of Token.
func costs(t testing.TB) (steps map[string]func()) {
	t.Helper()
	opts := issue.Options{Issuer: "https://issuer.example.com", Audience: []string{"api"}}
	iss, err := issue.New[fields](opts, issue.HS256(secret))
	if err != nil {
		t.Fatal(err)
	}
	check := iss.Options()
	check.RememberSignatures = -1
	auth, err := jwthttp.New[fields](iss, check)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	claims := fields{RegisteredClaims: jwt.RegisteredClaims{Subject: "alice"}, Name: "Alice Example", Admin: true, Level: 7, Share: 0.5, Roles: []string{"admin", "sales"}}
	token, _, err := iss.Token(ctx, claims)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func(){
		"without the verification": func() {
			if _, err := issue.Make(ctx, iss, claims); err != nil {
				t.Fatal(err)
			}
		},
		"golang-jwt": func() {
			c, now := claims, time.Now()
			c.Issuer, c.Audience, c.ID = opts.Issuer, opts.Audience, rand.Text()
			c.IssuedAt, c.ExpiresAt = jwt.NewNumericDate(now), jwt.NewNumericDate(now.Add(15*time.Minute))
			if _, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(secret); err != nil {
				t.Fatal(err)
			}
		},
		"the verification": func() {
			if _, err := auth.Verify(ctx, token); err != nil {
				t.Fatal(err)
			}
		},
		"Token": func() {
			if _, _, err := iss.Token(ctx, claims); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func BenchmarkToken(b *testing.B) {
	for name, step := range costs(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
		})
	}
}

// A token takes no more memory than golang-jwt's, and one verification.
func TestAllocations(t *testing.T) {
	if underRace() {
		t.Skip("the race detector empties pools at random: run the test without -race")
	}
	allocations := map[string]float64{}
	for name, step := range costs(t) {
		allocations[name] = testing.AllocsPerRun(200, step)
	}
	if allocations["without the verification"] > allocations["golang-jwt"] {
		t.Errorf("more than golang-jwt: %v", allocations)
	}
	if allocations["Token"] > allocations["without the verification"]+allocations["the verification"]+1 {
		t.Errorf("more than one verification: %v", allocations)
	}
}

// underRace reports whether the race detector is on.
func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
