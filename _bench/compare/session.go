package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	ginjwt "github.com/appleboy/gin-jwt/v3"
	"github.com/appleboy/gin-jwt/v3/core"
	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

const (
	sessionCount = 100              // sessions of a batch
	racers       = 32               // simultaneous refreshes with one token
	noGrace      = time.Millisecond // the least
	ginJWT       = "gin-jwt v3.4.1"
)

// sessions measures logins that outlive their access tokens.
func sessions(r *Report) error {
	for _, measure := range []func(*Report) error{refreshesHS256, refreshesES256, silentRefreshes, storeCalls, sessionStores} {
		if err := measure(r); err != nil {
			return err
		}
	}
	return nil
}

func newSessions(method jwt.SigningMethod, store session.Store, grace time.Duration) (*session.Sessions[issued], *issue.Issuer[issued], error) {
	private, _ := contest.Keys(method.Alg())
	iss, err := issue.New[issued](issue.Options{Issuer: contest.Issuer, Audience: []string{contest.Audience}}, issue.NewKey(method, private))
	if err != nil {
		return nil, nil, err
	}
	claims := func(_ context.Context, s session.Session) (issued, error) {
		c := issuedClaims(0)
		c.Subject = s.Subject
		return c, nil
	}
	s, err := session.New(iss, store, claims, session.Options{Grace: grace})
	return s, iss, err
}

// A hurried store tells a time that is later by noGrace with each call. So no refresh is within that of
// the one before, and each makes a successor.
type hurried struct {
	session.Store
	ahead atomic.Int64
}

func (s *hurried) Load(ctx context.Context, key [sha256.Size]byte) (session.Record, time.Time, error) {
	r, now, err := s.Store.Load(ctx, key)
	return r, now.Add(time.Duration(s.ahead.Add(int64(noGrace)))), err
}

// A client begins sessions and refreshes them. It is the ResponseWriter of its requests.
type client struct {
	handler  http.Handler // of refreshes
	inCookie bool         // else the refresh token is in a form
	begin    func(subject string) (refreshToken string, err error)

	tokens []string
	header http.Header
	body   bytes.Buffer
	status int
}

func (c *client) Header() http.Header         { return c.header }
func (c *client) Write(b []byte) (int, error) { return c.body.Write(b) }
func (c *client) WriteHeader(status int)      { c.status = status }

var subjects atomic.Int64

// login replaces the sessions by n new ones.
func (c *client) login(n int) error {
	c.tokens = c.tokens[:0]
	for range n {
		token, err := c.begin(fmt.Sprint("user-", subjects.Add(1)))
		if err != nil {
			return err
		}
		c.tokens = append(c.tokens, token)
	}
	return nil
}

// refresh refreshes each session once. An answer without a new refresh token is an error.
func (c *client) refresh() error {
	for i, before := range c.tokens {
		after := c.refreshOne(context.Background(), before)
		if c.status/100 != 2 || after == "" || after == before {
			return fmt.Errorf("a refresh was answered with %d and no successor: %.200s", c.status, c.body.Bytes())
		}
		c.tokens[i] = after
	}
	return nil
}

// refreshOne returns the refresh token of the answer, or "".
func (c *client) refreshOne(ctx context.Context, token string) string {
	r := &http.Request{Method: http.MethodPost, URL: &url.URL{Path: "/refresh"}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "app.example.com", RemoteAddr: "127.0.0.1:1", Body: http.NoBody}
	if c.inCookie {
		r.Header = http.Header{"Cookie": {"__Host-refresh=" + token}, "Sec-Fetch-Site": {"same-origin"}}
	} else {
		r.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		r.Body = io.NopCloser(strings.NewReader("grant_type=refresh_token&refresh_token=" + token))
	}
	c.header, c.status = http.Header{}, http.StatusOK
	c.body.Reset()
	c.handler.ServeHTTP(c, r.WithContext(ctx))
	text, from, to := c.body.String(), `"refresh_token":"`, `"`
	if c.inCookie {
		text, from, to = strings.Join(c.header["Set-Cookie"], "\n"), "__Host-refresh=", ";"
	}
	_, text, _ = strings.Cut(text, from)
	after, _, _ := strings.Cut(text, to)
	return after
}

func clientOf(s *session.Sessions[issued], inCookie bool) *client {
	return &client{handler: http.HandlerFunc(s.Refresh), inCookie: inCookie, begin: func(subject string) (string, error) {
		tokens, err := s.Start(context.Background(), subject, "compare")
		if err != nil {
			return "", err
		}
		return tokens.Refresh, nil
	}}
}

// clientOfGinJWT returns a client of gin-jwt, whose access tokens have the same claims. A nil store is
// the one in memory.
func clientOfGinJWT(store core.TokenStore) (*client, error) {
	gin.SetMode(gin.ReleaseMode)
	mw, err := ginjwt.New(&ginjwt.GinJWTMiddleware{Key: contest.Secret, RefreshTokenStore: store, PayloadFunc: func(data any) jwt.MapClaims {
		c, now := issuedClaims(0), time.Now().Unix()
		return jwt.MapClaims{
			"iss": contest.Issuer, "aud": contest.Audience, "sub": data, "iat": now, "jti": rand.Text(), "sid": "its session", "auth_time": now,
			"name": c.Name, "email": c.Email, "scope": c.Scope, "roles": c.Roles, "tenant": c.Tenant, "admin": c.Admin,
		}
	}})
	if err != nil {
		return nil, err
	}
	engine := gin.New()
	engine.POST("/refresh", mw.RefreshHandler)
	return &client{handler: engine, begin: func(subject string) (string, error) {
		tokens, err := mw.TokenGenerator(context.Background(), subject)
		if err != nil {
			return "", err
		}
		return tokens.RefreshToken, nil
	}}, nil
}

// mustRun is for the batches of runners, which return no error.
func mustRun(name string, do func() error) {
	if err := do(); err != nil {
		panic(fmt.Sprint(name, ": ", err))
	}
}

func refreshesHS256(r *Report) error { return refreshes(r, jwt.SigningMethodHS256) }
func refreshesES256(r *Report) error { return refreshes(r, jwt.SigningMethodES256) }

// refreshes measures whole requests in memory against what they cannot do without: the HMAC that
// makes the successor, the signature of the access token, and its verification by Issuer.Token.
// gin-jwt is beside them with HS256. It does not verify.
func refreshes(r *Report, method jwt.SigningMethod) error {
	store, err := session.NewMemory(0)
	if err != nil {
		return err
	}
	s, _, err := newSessions(method, &hurried{Store: store}, noGrace)
	if err != nil {
		return err
	}
	tokens, err := s.Start(context.Background(), "user", "compare")
	if err != nil {
		return err
	}
	sign := signsAndVerifies(method.Alg(), tokens.Access[:strings.LastIndexByte(tokens.Access, '.')])
	var secret [32]byte
	var salt [16]byte
	runners := []runner{repeated("floor: an HMAC, a signature and its verification", func() int {
		for range sessionCount {
			h := hmac.New(sha256.New, salt[:])
			h.Write(secret[:])
			h.Sum(secret[:0])
			sign()
		}
		return sessionCount
	})}
	add := func(name string, c *client) error {
		if err := c.login(sessionCount); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		runners = append(runners, repeated(name, func() int {
			mustRun(name, c.refresh)
			return sessionCount
		}))
		return nil
	}
	const byForm = "jwthttp, by a form"
	err = errors.Join(add(byForm, clientOf(s, false)), add("jwthttp, by a cookie", clientOf(s, true)))
	if err == nil && method == jwt.SigningMethodHS256 {
		var c *client
		if c, err = clientOfGinJWT(nil); err == nil {
			err = add(ginJWT+", by a form", c)
		}
	}
	if err != nil {
		return err
	}
	t := r.inTurns(method.Alg()+": refreshes in memory, whole requests", runners)
	if method == jwt.SigningMethodHS256 {
		t.Note = "jwthttp verifies the access tokens that it makes, and " + ginJWT + " does not"
	} else { // with an HMAC, all but the signatures takes most of the time
		r.atMost(method.Alg()+", a refresh in memory, ratio to an HMAC, a signature and its verification", t.row(byForm).Ratio, 1.5, 0)
	}
	r.Tables = append(r.Tables, t)
	return nil
}

// signsAndVerifies returns a function that does so with the primitives of the standard library.
func signsAndVerifies(alg, input string) func() {
	private, _ := contest.Keys(alg)
	if alg == "HS256" {
		mac := func() []byte {
			h := hmac.New(sha256.New, contest.Secret)
			io.WriteString(h, input)
			return h.Sum(nil)
		}
		return func() {
			if !hmac.Equal(mac(), mac()) {
				panic("the floor's HMAC")
			}
		}
	}
	key := private.(*ecdsa.PrivateKey)
	return func() {
		digest := sha256.Sum256([]byte(input))
		signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
		if again := sha256.Sum256([]byte(input)); err != nil || !ecdsa.VerifyASN1(&key.PublicKey, again[:], signature) {
			panic("the floor's signature")
		}
	}
}

// silentRefreshes measures what Handler adds to a request that has an access cookie. Its goal is that
// of Handler alone: two runs of one middleware differ by more than it.
func silentRefreshes(r *Report) error {
	memory, err := session.NewMemory(0)
	if err != nil {
		return err
	}
	store := &countedStore{Store: memory}
	s, iss, err := newSessions(jwt.SigningMethodHS256, store, 0)
	if err != nil {
		return err
	}
	auth, err := jwthttp.New[issued](iss, s.Options())
	if err != nil {
		return err
	}
	var requests []*http.Request
	for i := range boundCount {
		tokens, err := s.Start(context.Background(), fmt.Sprint("user-", i), "compare")
		if err != nil {
			return err
		}
		requests = append(requests, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/"}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "app.example.com",
			Header: http.Header{"Cookie": {"__Host-refresh=" + tokens.Refresh + "; __Host-access=" + tokens.Access}}})
	}
	begun := store.calls.Load()
	runners := []runner{
		through("the middleware", auth.Handler, requests),
		through("Handler, and the middleware", func(next http.Handler) http.Handler { return s.Handler(auth.Handler(next)) }, requests),
		through("Handler without the middleware", s.Handler, requests),
	}
	t := r.inTurns("HS256: a request with an access cookie", runners)
	if n := store.calls.Load() - begun; n != 0 {
		return fmt.Errorf("requests with an access cookie have called the store %d times", n)
	}
	r.Tables = append(r.Tables, t)
	r.atMost("Handler, with an access cookie: allocations", t.Rows[1].Allocs-t.Rows[0].Allocs, 1, 0)
	r.atMost("Handler, with an access cookie: ratio of its own time to the middleware's", t.Rows[2].Ratio, 0.05, 0)
	return nil
}

// A countedStore counts the calls of a store: each is one round trip, as the tests of packages
// sqlstore and goredis show.
type countedStore struct {
	session.Store
	calls  atomic.Int64
	loaded *sync.WaitGroup // if not nil, those who have to load before anybody swaps
}

// A callCount in the context counts the calls of one request.
type callCount struct{ n int }

type callCountKey struct{}

func (s *countedStore) count(ctx context.Context) (ofRequest int) {
	s.calls.Add(1)
	c, ok := ctx.Value(callCountKey{}).(*callCount)
	if !ok {
		return 0
	}
	c.n++
	return c.n
}

func (s *countedStore) Load(ctx context.Context, key [sha256.Size]byte) (session.Record, time.Time, error) {
	isFirst := s.count(ctx) == 1
	record, now, err := s.Store.Load(ctx, key)
	if isFirst && s.loaded != nil {
		s.loaded.Done()
		s.loaded.Wait()
	}
	return record, now, err
}

func (s *countedStore) Swap(ctx context.Context, r session.Record) (bool, error) {
	s.count(ctx)
	return s.Store.Swap(ctx, r)
}

func (s *countedStore) Delete(ctx context.Context, key [sha256.Size]byte) error {
	s.count(ctx)
	return s.Store.Delete(ctx, key)
}

func (s *countedStore) List(ctx context.Context, subject string) ([]session.Record, time.Time, error) {
	s.count(ctx)
	return s.Store.List(ctx, subject)
}

// storeCalls counts the calls of a refresh alone, and in the worst race: all have loaded before one of
// them swaps.
func storeCalls(r *Report) error {
	memory, err := session.NewMemory(0)
	if err != nil {
		return err
	}
	store := &countedStore{Store: memory}
	s, _, err := newSessions(jwt.SigningMethodHS256, store, time.Minute)
	if err != nil {
		return err
	}
	for _, race := range []struct {
		name  string
		n     int
		limit float64
	}{{"a refresh alone, calls of the store", 1, 2}, {fmt.Sprintf("%d refreshes with one token, calls of the store by one of them", racers), racers, 4}} {
		begun, err := s.Start(context.Background(), "user", "compare")
		if err != nil {
			return err
		}
		store.loaded = &sync.WaitGroup{}
		store.loaded.Add(race.n)
		successors, calls := make([]string, race.n), make([]int, race.n)
		var all sync.WaitGroup
		for i := range race.n {
			all.Go(func() {
				var count callCount
				successors[i] = clientOf(s, false).refreshOne(context.WithValue(context.Background(), callCountKey{}, &count), begun.Refresh)
				calls[i] = count.n
			})
		}
		all.Wait()
		store.loaded = nil
		if one := slices.Compact(successors); len(one) != 1 || one[0] == "" || one[0] == begun.Refresh {
			return fmt.Errorf("%s: %d different successors", race.name, len(one))
		}
		r.atMost(race.name, float64(slices.Max(calls)), race.limit, 0)
	}
	return nil
}
