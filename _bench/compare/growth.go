package main

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/_bench/tokens"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/jwks"
	"github.com/jwthttp/jwthttp/session"
)

// fewUsers have tokens that fit into a CPU's cache, also the largest ones.
const fewUsers = 50

// servedOne makes the runner of one contestant.
func servedOne(all []contest.Token, c contest.Contestant) (runner, error) {
	runners, err := served("HS256", all, c)
	if err != nil {
		return runner{}, err
	}
	return runners[0], nil
}

func withClaims(n int) (runner, error) {
	return servedOne(contest.Signed("HS256", fewUsers, tokens.Claims(n).Payload), ours[tokens.Three]("", jwthttp.Options{}))
}

// withPayload has one long claim that nobody wants.
func withPayload(kilobytes int) (runner, error) {
	shape := tokens.Keycloak
	shape.Size = 1000 * kilobytes
	return servedOne(contest.Signed("HS256", fewUsers, shape.Payload), ours[tokens.KeycloakThree]("", jwthttp.Options{}))
}

func withRoles(n int) (runner, error) {
	return servedOne(contest.Signed("HS256", fewUsers, tokens.Groups(n).Payload), ours[tokens.ThreeAndGroups]("", jwthttp.Options{}))
}

func withKeys(n int) (runner, error) {
	set, all := tokensOfKeys(n)
	return servedBy(keysContestant("", set, contest.Issuer), "HS256", all)
}

func withIssuers(n int) (runner, error) {
	issuers, all := tokensOfIssuers(n)
	return servedBy(keysContestant("", issuers, ""), "HS256", all)
}

// withTenants has as many tenants as have their keys in memory. Their signatures are remembered.
func withTenants(n int) (runner, error) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	provider := keysOf(fmt.Sprintf(`{"keys":[{"kid":%q,"kty":"OKP","crv":"Ed25519","x":%q}]}`,
		contest.KeyID, base64.RawURLEncoding.EncodeToString(private.Public().(ed25519.PublicKey))))
	tenants, err := jwks.NewTenants(func(_ context.Context, issuer string) (jwks.Options, error) {
		return jwks.Options{KeySetURL: issuer + "/keys", Audience: []string{contest.Audience}}, nil
	}, jwks.TenantOptions{MaxOpen: n, Client: &http.Client{Transport: provider}})
	if err != nil {
		return runner{}, err
	}
	numbers := inDisorder(n)
	all := contest.SignedBy("EdDSA", len(numbers), func(i int) (string, string, any) {
		return payloadOf(i, issuer(numbers[i])), contest.KeyID, private
	})
	return servedBy(contest.Contestant{Protect: func(_ string, next http.Handler) (http.Handler, error) {
		auth, err := jwthttp.New[contest.Claims](tenants, jwthttp.Options{RememberSignatures: 4 * spread})
		if err != nil {
			return nil, err
		}
		return auth.Handler(next), nil
	}}, "EdDSA", all)
}

// keysOf is every provider, without a network.
type keysOf string

func (k keysOf) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Cache-Control": {"max-age=3600"}}, Body: io.NopCloser(strings.NewReader(string(k))), Request: r}, nil
}

func withDenied(n int) (runner, error) {
	list, err := denied(n)
	if err != nil {
		return runner{}, err
	}
	return servedOne(contest.Tokens("HS256", 0, users), ours("", jwthttp.Options{}, denylist.Check[contest.Claims](list)))
}

// withProofs has proofs in memory that are still young.
func withProofs(n int) (runner, error) {
	memory, err := dpop.NewMemory(2 * max(n, 1000)) // with room for the proofs of the batch
	if err != nil {
		return runner{}, err
	}
	store := &newProofs{Store: memory}
	for range n {
		if _, err := store.remember([sha256.Size]byte{}, time.Now().Add(8*time.Minute)); err != nil {
			return runner{}, err
		}
	}
	key, err1 := dpop.GenerateKey()
	proofs, err2 := dpop.New(dpop.Options{Origins: []string{boundOrigin}, MaxAge: 5 * time.Minute, Replays: store})
	auth, err3 := jwthttp.New[contest.Claims](jwthttp.HS256(contest.Secret), jwthttp.Options{Bindings: []jwthttp.Binding{proofs}})
	if err := errors.Join(err1, err2, err3); err != nil {
		return runner{}, err
	}
	requests, err := boundRequests("DPoP", `"cnf":{"jkt":"`+key.Thumbprint()+`"}`, withProof(key))
	if err != nil {
		return runner{}, err
	}
	return through("a proof", auth.Handler, requests), nil
}

// newProofs takes each proof for a new one. It forgets them at once, so there are never more.
type newProofs struct {
	dpop.Store
	count atomic.Uint64
}

func (s *newProofs) Use(_ context.Context, id [sha256.Size]byte, _ time.Time) (bool, error) {
	return s.remember(id, time.Now().Add(-2*time.Second)) // a second is rounded up
}

func (s *newProofs) remember(id [sha256.Size]byte, until time.Time) (bool, error) {
	binary.LittleEndian.PutUint64(id[:], s.count.Add(1))
	return s.Store.Use(context.Background(), id, until)
}

// withSessions refreshes some of the sessions in memory.
func withSessions(n int) (runner, error) {
	store, err := session.NewMemory(0)
	if err != nil {
		return runner{}, err
	}
	s, _, err := newSessions(jwt.SigningMethodHS256, &hurried{Store: store}, noGrace)
	if err != nil {
		return runner{}, err
	}
	c := clientOf(s, false)
	if err := c.login(n); err != nil {
		return runner{}, err
	}
	step := max(n/sessionCount, 1)
	for i := range sessionCount {
		c.tokens[i] = c.tokens[i*step]
	}
	c.tokens = c.tokens[:sessionCount]
	return repeated("a refresh", func() int {
		mustRun("a refresh", c.refresh)
		return sessionCount
	}), nil
}

func withThreads(n int) (runner, error) { return parallel(contest.Ours, "HS256", n, n) }
