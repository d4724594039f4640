package main

import (
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/session"
)

// Every client gets a successor each time.
func TestClientsRefresh(t *testing.T) {
	store, err := session.NewMemory(0)
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := newSessions(jwt.SigningMethodHS256, &hurried{Store: store}, noGrace)
	if err != nil {
		t.Fatal(err)
	}
	gin, err := clientOfGinJWT(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*client{"by a form": clientOf(s, false), "by a cookie": clientOf(s, true), ginJWT: gin} {
		t.Run(name, func(t *testing.T) {
			if err := c.login(3); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if err := c.refresh(); err != nil {
					t.Fatal(err)
				}
			}
			// One that is refused is not measured: it would seem to be fast.
			c.tokens[1] = "of nobody"
			if err := c.refresh(); err == nil {
				t.Error("a token of nobody was refreshed")
			}
		})
	}
}

func TestStoreCalls(t *testing.T) {
	var r Report
	if err := storeCalls(&r); err != nil {
		t.Fatal(err)
	}
	for _, g := range r.missed() {
		t.Errorf("%s: %g, want %s", g.Name, g.Got, g.want())
	}
	if len(r.Goals) != 2 {
		t.Errorf("%d goals, want 2", len(r.Goals))
	}
}
