package denylist_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/internal/tokentest"
)

// AppClaims has none of the claims that a list uses.
type AppClaims struct {
	Role string `json:"role"`
}

func newMemory(t testing.TB, opts denylist.Options) *denylist.List {
	t.Helper()
	list, err := denylist.NewMemory(opts)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// want asserts that a token with these claims is refused with the error target, or accepted if
// target is nil.
func want(t testing.TB, auth *jwthttp.Middleware[jwt.MapClaims], claims jwt.MapClaims, target error) {
	t.Helper()
	if _, err := auth.Verify(t.Context(), tokentest.Sign(t, claims)); !errors.Is(err, target) {
		t.Errorf("%v: error = %v, want %v", claims, err, target)
	}
}

// A faulty store behaves as its fields say.
type faulty struct {
	err    error
	found  [3]int64
	panics bool
	raised []time.Time // the time until which each entry is kept
	kinds  []denylist.Kind
	asked  [3]denylist.Key
}

func (f *faulty) Raise(_ context.Context, kind denylist.Kind, _ denylist.Key, _ int64, until time.Time) error {
	f.kinds, f.raised = append(f.kinds, kind), append(f.raised, until)
	return f.err
}

func (f *faulty) Find(_ context.Context, keys [3]denylist.Key) ([3]int64, error) {
	if f.panics {
		panic(http.ErrAbortHandler)
	}
	f.asked = keys
	return f.found, f.err
}

func newFaulty(t testing.TB, f *faulty) *denylist.List {
	t.Helper()
	list, err := denylist.New(f, denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A site is a real server. Its only handler logs the user out.
type site struct {
	*httptest.Server
	ran int
}

func serve[C any](t testing.TB, list *denylist.List) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(tokentest.Protect[C](t, list).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ran++
		if r.Method != http.MethodPost {
			return
		}
		token, _ := jwthttp.TokenFromContext[C](r.Context())
		if err := denylist.Revoke(r.Context(), list, token); err != nil {
			jwthttp.WriteError(w, r, err)
		}
	})))
	t.Cleanup(s.Close)
	return s
}

// An answer is a response. It says how often the handler ran.
type answer struct {
	status                 int
	challenge, retry, body string
	ran                    int
}

func (s *site) send(t testing.TB, method, raw string) (answer, error) {
	t.Helper()
	req, err := http.NewRequest(method, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+raw)
	s.ran = 0
	res, err := s.Client().Do(req)
	if err != nil {
		return answer{ran: s.ran}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header.Get("WWW-Authenticate"), res.Header.Get("Retry-After"), string(body), s.ran}, nil
}

func (s *site) want(t testing.TB, method, raw string, want answer) {
	t.Helper()
	got, err := s.send(t, method, raw)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%s: answer %+v, want %+v", method, got, want)
	}
}

var (
	passed  = answer{status: 200, ran: 1}
	refused = answer{
		status:    401,
		challenge: `Bearer realm="api", error="invalid_token", error_description="The access token was refused"`,
		body:      `{"title":"Unauthorized","status":401,"detail":"The access token was refused","error":"invalid_token"}` + "\n",
	}
	unavailable = answer{
		status: 503,
		retry:  "5",
		body:   `{"title":"Service Unavailable","status":503,"detail":"The access token cannot be checked at the moment","error":"temporarily_unavailable"}` + "\n",
	}
)

// misconfigured is the answer to a logout that can never succeed. It has no Retry-After.
var misconfigured = answer{
	status: 500,
	body:   `{"title":"Internal Server Error","status":500,"detail":"The server is misconfigured","error":"server_error"}` + "\n",
	ran:    1,
}

func TestCheckOverHTTP(t *testing.T) {
	t.Run("jwt.MapClaims", testCheck[jwt.MapClaims])
	t.Run("jwt.RegisteredClaims", testCheck[jwt.RegisteredClaims])
	t.Run("a struct", testCheck[AppClaims])
}

func testCheck[C any](t *testing.T) {
	phone := tokentest.Sign(t, jwt.MapClaims{"iss": "a", "sub": "alice", "jti": "1"})
	laptop := tokentest.Sign(t, jwt.MapClaims{"iss": "a", "sub": "alice", "jti": "2"})
	bob := tokentest.Sign(t, jwt.MapClaims{"iss": "a", "sub": "bob", "jti": "3"})

	t.Run("log out", func(t *testing.T) {
		list := newMemory(t, denylist.Options{})
		s := serve[C](t, list)
		s.want(t, "GET", phone, passed)
		s.want(t, "POST", phone, passed)
		s.want(t, "GET", phone, refused)
		s.want(t, "POST", phone, refused)
		s.want(t, "GET", laptop, passed)
		if err := list.RevokeSubject(t.Context(), "a", "alice", time.Now()); err != nil {
			t.Fatal(err)
		}
		s.want(t, "GET", laptop, refused)
		s.want(t, "GET", bob, passed)
		again := tokentest.Sign(t, jwt.MapClaims{"iss": "a", "sub": "alice", "jti": "4", "iat": time.Now().Unix() + 2})
		s.want(t, "GET", again, passed)
	})
	t.Run("a list that fails", func(t *testing.T) {
		for _, err := range []error{errors.New("no route to host"), context.DeadlineExceeded, denylist.ErrRevoked, jwthttp.ErrInvalidToken} {
			f := &faulty{err: err}
			s := serve[C](t, newFaulty(t, f))
			s.want(t, "GET", phone, unavailable)
			f.found[denylist.Token] = 1
			s.want(t, "GET", phone, unavailable)
		}
	})
	t.Run("a revocation that fails", func(t *testing.T) {
		list := newMemory(t, denylist.Options{MaxEntries: 1})
		s := serve[C](t, list)
		s.want(t, "POST", bob, passed)
		full := unavailable
		full.ran = 1
		s.want(t, "POST", phone, full)
		s.want(t, "GET", phone, passed)
	})
	t.Run("a token that cannot be revoked", func(t *testing.T) {
		raw := tokentest.Sign(t, jwt.MapClaims{"iss": "a", "sub": "alice"})
		s := serve[C](t, newMemory(t, denylist.Options{}))
		s.want(t, "POST", raw, misconfigured)
		s.want(t, "GET", raw, passed)
	})
	t.Run("a list that panics", func(t *testing.T) {
		s := serve[C](t, newFaulty(t, &faulty{panics: true}))
		if got, err := s.send(t, "GET", phone); err == nil || got.ran != 0 {
			t.Errorf("answer %+v, error %v", got, err)
		}
	})
	t.Run("odd numbers in the store", func(t *testing.T) {
		noSubject := tokentest.Sign(t, jwt.MapClaims{"iss": "a", "jti": "1"})
		noID := tokentest.Sign(t, jwt.MapClaims{"iss": "a", "sub": "alice"})
		for _, test := range []struct {
			found [3]int64
			raw   string
			want  answer
		}{
			{[3]int64{-1, 0, 0}, phone, unavailable},
			{[3]int64{7, 0, 0}, phone, refused},
			{[3]int64{0, 1 << 62, 0}, phone, refused},
			{[3]int64{0, -1, 0}, phone, unavailable},
			{[3]int64{0, 0, -1}, phone, unavailable},
			{[3]int64{0, 0, 1}, phone, unavailable}, // a session that was not asked for
			{[3]int64{1, 0, 0}, noID, unavailable},
			{[3]int64{0, 1, 0}, noSubject, unavailable},
			{[3]int64{0, 1, 0}, phone, passed},
		} {
			serve[C](t, newFaulty(t, &faulty{found: test.found})).want(t, "GET", test.raw, test.want)
		}
	})
}

// 42 and "42" are one subject, whose revocation refuses tokens with either.
func TestNumericSubject(t *testing.T) {
	list := newMemory(t, denylist.Options{})
	auth, err := jwthttp.New(jwthttp.HS256(tokentest.Secret), jwthttp.Options{AllowNumericSubject: true}, denylist.Check[jwt.MapClaims](list))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if err := list.RevokeSubject(t.Context(), "a", "42", now); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		sub  any
		want error
	}{{42, denylist.ErrRevoked}, {"42", denylist.ErrRevoked}, {43, nil}, {"043", nil}} {
		if _, err := auth.Verify(t.Context(), tokentest.Sign(t, jwt.MapClaims{"iss": "a", "sub": tc.sub, "jti": "1", "iat": now.Unix()})); !errors.Is(err, tc.want) {
			t.Errorf("%#v: %v, want %v", tc.sub, err, tc.want)
		}
	}
}

// A program sees these errors. Their texts are for logs.
func TestErrors(t *testing.T) {
	raw := tokentest.Sign(t, jwt.MapClaims{"sub": "alice", "jti": "1"})
	dial := errors.New("dial tcp: refused")

	_, err := tokentest.Protect[AppClaims](t, newFaulty(t, &faulty{err: dial})).Verify(t.Context(), raw)
	if !errors.Is(err, jwthttp.ErrUnavailable) || !errors.Is(err, dial) || errors.Is(err, jwthttp.ErrInvalidToken) || errors.Is(err, denylist.ErrRevoked) {
		t.Errorf("a store that fails: %v", err)
	}
	if want := "jwthttp: temporarily unavailable: The access token cannot be checked at the moment: denylist: the store failed: dial tcp: refused"; err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	_, err = tokentest.Protect[AppClaims](t, newFaulty(t, &faulty{found: [3]int64{1}})).Verify(t.Context(), raw)
	if !errors.Is(err, jwthttp.ErrInvalidToken) || !errors.Is(err, denylist.ErrRevoked) || errors.Is(err, jwthttp.ErrUnavailable) {
		t.Errorf("a revoked token: %v", err)
	}
	list := newFaulty(t, &faulty{err: dial})
	for _, err := range []error{
		list.RevokeToken(t.Context(), "", "1", time.Now().Add(time.Hour)),
		list.RevokeSubject(t.Context(), "", "1", time.Now()),
	} {
		if !errors.Is(err, jwthttp.ErrUnavailable) || !errors.Is(err, dial) || errors.Is(err, jwthttp.ErrMisconfigured) || err.Error() != "denylist: the store failed: dial tcp: refused" {
			t.Errorf("a revocation that fails: %v", err)
		}
	}
}

// A token that a revocation could not reach is refused, so that no token escapes a revocation.
func TestNotRevocable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		auth := tokentest.Protect[jwt.MapClaims](t, newMemory(t, denylist.Options{MaxLifetime: time.Hour}))
		lax, err := jwthttp.New(jwthttp.HS256(tokentest.Secret), jwthttp.Options{AllowMissingExpiry: true}, denylist.Check[jwt.MapClaims](newMemory(t, denylist.Options{MaxLifetime: time.Hour})))
		if err != nil {
			t.Fatal(err)
		}
		at := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
		for _, test := range []struct {
			name   string
			claims jwt.MapClaims
			text   string // the text of the error; "" if the token is accepted
		}{
			{"a jti alone", jwt.MapClaims{"jti": "1"}, ""},
			{"a sub alone", jwt.MapClaims{"sub": "alice"}, ""},
			{"neither", jwt.MapClaims{"iss": "a"}, "neither jti nor sub"},
			{"both empty", jwt.MapClaims{"sub": "", "jti": ""}, "neither jti nor sub"},
			{"no iat", jwt.MapClaims{"sub": "alice", "iat": nil}, "no exp or no iat"},
			{"no exp", jwt.MapClaims{"sub": "alice", "exp": nil}, "no exp or no iat"},
			{"the longest life", jwt.MapClaims{"sub": "alice", "exp": at(time.Hour)}, ""},
			{"too long a life", jwt.MapClaims{"sub": "alice", "exp": at(time.Hour + time.Second)}, "longer than MaxLifetime, which is 1h0m0s"},
			{"too long a life, nearly over", jwt.MapClaims{"sub": "alice", "iat": at(-48 * time.Hour), "exp": at(time.Second)}, "longer than MaxLifetime"},
			{"the longest life of all", jwt.MapClaims{"sub": "alice", "iat": 0, "exp": int64(253402300799)}, "longer than MaxLifetime"},
			{"iat ahead as far as clocks may differ", jwt.MapClaims{"sub": "alice", "iat": at(5 * time.Minute)}, ""},
			{"iat further ahead", jwt.MapClaims{"sub": "alice", "iat": at(5*time.Minute + time.Second)}, "iat is more than 5m0s ahead"},
		} {
			_, errAuth := auth.Verify(t.Context(), tokentest.Sign(t, test.claims))
			_, errLax := lax.Verify(t.Context(), tokentest.Sign(t, test.claims))
			if test.name == "no exp" {
				errAuth = errLax
			}
			for _, err := range []error{errAuth, errLax} {
				if test.text == "" && err != nil {
					t.Errorf("%s: %v", test.name, err)
				}
				if test.text != "" && (!errors.Is(err, denylist.ErrNotRevocable) || !errors.Is(err, jwthttp.ErrInvalidToken) || !strings.Contains(err.Error(), test.text)) {
					t.Errorf("%s: error = %v, want ErrNotRevocable with %q", test.name, err, test.text)
				}
			}
		}
	})
}

// After a revocation, a token that the check let pass is refused until it expires, with the
// largest leeway and however long that takes. Then the list forgets it.
func TestKeptLongEnough(t *testing.T) {
	for _, test := range []struct {
		name   string
		revoke func(ctx context.Context, list *denylist.List, token *jwthttp.Token[jwt.MapClaims]) error
	}{
		{"the token", denylist.Revoke[jwt.MapClaims]},
		{"the subject", func(ctx context.Context, list *denylist.List, _ *jwthttp.Token[jwt.MapClaims]) error {
			return list.RevokeSubject(ctx, "", "alice", time.Now())
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				list := newMemory(t, denylist.Options{MaxLifetime: time.Hour})
				auth, err := jwthttp.New(jwthttp.HS256(tokentest.Secret), jwthttp.Options{Leeway: 5 * time.Minute}, denylist.Check[jwt.MapClaims](list))
				if err != nil {
					t.Fatal(err)
				}
				raw := tokentest.Sign(t, jwt.MapClaims{"sub": "alice", "jti": "1"})
				token, err := auth.Verify(t.Context(), raw)
				if err != nil {
					t.Fatal(err)
				}
				if err := test.revoke(t.Context(), list, token); err != nil {
					t.Fatal(err)
				}
				for range 65 {
					if _, err := auth.Verify(t.Context(), raw); !errors.Is(err, denylist.ErrRevoked) {
						t.Fatalf("after %v: %v", time.Since(token.ExpiresAt().Add(-time.Hour)), err)
					}
					// A list forgets only when it is written to.
					if err := list.RevokeToken(t.Context(), "", "other", time.Now()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(time.Minute)
				}
				if _, err := auth.Verify(t.Context(), raw); !errors.Is(err, jwt.ErrTokenExpired) {
					t.Errorf("at last: %v", err)
				}
				// An instance whose clock is 5 minutes slow still finds the entry.
				time.Sleep(5*time.Minute - time.Millisecond)
				if n := denylist.Entries(list); n != 2 {
					t.Errorf("%d entries, want 2", n)
				}
				time.Sleep(time.Second)
				if err := list.RevokeToken(t.Context(), "", "other", time.Now()); err != nil {
					t.Fatal(err)
				}
				if n := denylist.Entries(list); n != 1 {
					t.Errorf("%d entries, want 1", n)
				}
			})
		})
	}
}

// A stream that keeps calling the check is refused soon after its token has expired. The list
// still has the revocation then.
func TestCheckAfterExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := newMemory(t, denylist.Options{})
		token, err := tokentest.Protect[jwt.MapClaims](t, list).Verify(t.Context(), tokentest.Sign(t, jwt.MapClaims{"jti": "1"}))
		if err != nil {
			t.Fatal(err)
		}
		check := denylist.Check[jwt.MapClaims](list)
		time.Sleep(time.Hour + 5*time.Minute)
		if err := check(t.Context(), token); err != nil {
			t.Errorf("within the leeway: %v", err)
		}
		time.Sleep(time.Second)
		if err := check(t.Context(), token); !errors.Is(err, denylist.ErrNotRevocable) {
			t.Errorf("error = %v, want ErrNotRevocable", err)
		}
	})
}

// A store is asked to keep each kind of entry until these times.
func TestUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{}
		list := newFaulty(t, f)
		now := time.Now()
		latest := now.Add(time.Hour + 10*time.Minute) // no Check lets a later exp pass, whichever clock is wrong
		for _, err := range []error{
			list.RevokeToken(t.Context(), "", "1", now.Add(time.Minute)),
			list.RevokeToken(t.Context(), "", "1", now.Add(-10*time.Minute)),
			list.RevokeToken(t.Context(), "", "1", now.Add(-10*time.Minute-time.Second)),
			list.RevokeToken(t.Context(), "", "1", latest),
			list.RevokeSubject(t.Context(), "", "1", now.Add(-30*time.Minute)),
			list.RevokeSubject(t.Context(), "", "1", now.Add(-70*time.Minute-time.Second)),
			list.RevokeSubject(t.Context(), "", "1", now.Add(5*time.Minute)),
		} {
			if err != nil {
				t.Error(err)
			}
		}
		if err := list.RevokeToken(t.Context(), "", "1", latest.Add(time.Second)); err == nil {
			t.Error("a token that expires later than any may was kept")
		}
		least := now.Add(10 * time.Minute) // a time that has passed is still ahead if this clock is fast
		want := []time.Time{now.Add(11 * time.Minute), least, least, latest.Add(10 * time.Minute), now.Add(40 * time.Minute), least, now.Add(75 * time.Minute)}
		if len(f.raised) != len(want) {
			t.Fatalf("kept until %v, want %v", f.raised, want)
		}
		for i := range want {
			if !f.raised[i].Equal(want[i]) {
				t.Errorf("kept until %v, want %v", f.raised[i], want[i])
			}
			if kind := map[bool]denylist.Kind{true: denylist.Token, false: denylist.Subject}[i < 4]; f.kinds[i] != kind {
				t.Errorf("call %d is of kind %d, want %d", i, f.kinds[i], kind)
			}
		}
	})
}

func TestRevokeMistakes(t *testing.T) {
	list := newMemory(t, denylist.Options{})
	ctx, exp := t.Context(), time.Now().Add(time.Hour)
	anonymous, err := jwthttp.New[jwt.MapClaims](jwthttp.HS256(tokentest.Secret), jwthttp.Options{AllowMissingExpiry: true})
	if err != nil {
		t.Fatal(err)
	}
	token := func(claims jwt.MapClaims) *jwthttp.Token[jwt.MapClaims] {
		t.Helper()
		token, err := anonymous.Verify(ctx, tokentest.Sign(t, claims))
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"no token", denylist.Revoke[jwt.MapClaims](ctx, list, nil), "the token for Revoke is nil: call Revoke inside the middleware"},
		{"a token of a test", denylist.Revoke(ctx, list, &jwthttp.Token[jwt.MapClaims]{}), "it has no jti"},
		{"no jti", denylist.Revoke(ctx, list, token(jwt.MapClaims{"sub": "alice"})), "it has no jti: have the issuer set one"},
		{"no exp", denylist.Revoke(ctx, list, token(jwt.MapClaims{"jti": "1", "exp": nil})), "it has no exp"},
		{"no list", denylist.Revoke(ctx, nil, token(jwt.MapClaims{"jti": "1"})), "the list is nil: make it with NewMemory, goredis.NewDenylist, Denylist of package sqlstore, or New"},
		{"no list for a subject", (*denylist.List)(nil).RevokeSubject(ctx, "", "alice", time.Now()), "the list is nil"},
		{"a list that nobody made", new(denylist.List).RevokeSubject(ctx, "", "alice", time.Now()), "the list is nil"},
		{"an empty id", list.RevokeToken(ctx, "a", "", exp), "the id is empty"},
		{"an empty subject", list.RevokeSubject(ctx, "a", "", time.Now()), "the subject is empty"},
		{"an id that is not UTF-8", list.RevokeToken(ctx, "a", "\xff", exp), "not UTF-8"},
		{"a subject that is not UTF-8", list.RevokeSubject(ctx, "a", "\xff", time.Now()), "not UTF-8"},
		{"an issuer that is not UTF-8", list.RevokeToken(ctx, "\xff", "1", exp), "not UTF-8"},
		{"an exp of zero", list.RevokeToken(ctx, "a", "1", time.Time{}), "pass the time at which the token expires"},
		{"an exp of 1970", list.RevokeToken(ctx, "a", "1", time.Unix(0, 0)), "pass the time at which the token expires"},
		{"an exp in milliseconds", list.RevokeToken(ctx, "a", "1", time.Unix(exp.UnixMilli(), 0)), "its exp is 588"},
		{"a token that lives longer than MaxLifetime", denylist.Revoke(ctx, list, token(jwt.MapClaims{"jti": "1", "exp": time.Now().Add(25 * time.Hour).Unix()})), "its exp is"},
		{"an exp that no token has", list.RevokeToken(ctx, "a", "1", time.Now().Add(24*time.Hour+11*time.Minute)), "more than MaxLifetime (24h0m0s) ahead: raise that"},
		{"an upTo of zero", list.RevokeSubject(ctx, "a", "alice", time.Time{}), "use time.Now()"},
		{"an upTo of 1970", list.RevokeSubject(ctx, "a", "alice", time.Unix(0, 0)), "use time.Now()"},
		{"an upTo ahead", list.RevokeSubject(ctx, "a", "alice", time.Now().Add(5*time.Minute+2*time.Second)), "would lock the subject out"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !errors.Is(test.err, jwthttp.ErrMisconfigured) || errors.Is(test.err, jwthttp.ErrUnavailable) || !strings.Contains(test.err.Error(), test.want) {
				t.Errorf("error = %v, want ErrMisconfigured with %q", test.err, test.want)
			}
			w := httptest.NewRecorder()
			jwthttp.WriteError(w, httptest.NewRequest("POST", "/", nil), test.err)
			got := answer{w.Code, w.Header().Get("WWW-Authenticate"), w.Header().Get("Retry-After"), w.Body.String(), 1}
			if got != misconfigured {
				t.Errorf("answer %+v, want %+v", got, misconfigured)
			}
			if isToken := strings.HasPrefix(test.want, "it") || strings.Contains(test.want, "raise that"); errors.Is(test.err, denylist.ErrNotRevocable) != isToken {
				t.Errorf("error = %v, ErrNotRevocable %v", test.err, !isToken)
			}
		})
	}
	if n := denylist.Entries(list); n != 0 {
		t.Errorf("%d entries after mistakes only", n)
	}
}

// A mapStore is a store whose nil value is not a pointer.
type mapStore map[denylist.Key]int64

func (m mapStore) Raise(_ context.Context, _ denylist.Kind, key denylist.Key, n int64, _ time.Time) error {
	m[key] = n
	return nil
}

func (m mapStore) Find(_ context.Context, keys [3]denylist.Key) ([3]int64, error) {
	return [3]int64{m[keys[0]], m[keys[1]], m[keys[2]]}, nil
}

// A funcStore is another store whose nil value is not a pointer.
type funcStore func() error

func (f funcStore) Raise(context.Context, denylist.Kind, denylist.Key, int64, time.Time) error {
	return f()
}

func (f funcStore) Find(context.Context, [3]denylist.Key) ([3]int64, error) {
	return [3]int64{}, f()
}

func TestNewMistakes(t *testing.T) {
	for _, store := range []denylist.Store{nil, (*faulty)(nil), mapStore(nil), funcStore(nil)} {
		list, err := denylist.New(store, denylist.Options{MaxLifetime: -1})
		if list != nil || err == nil || !strings.Contains(err.Error(), "the store is nil: make one first") || !strings.Contains(err.Error(), "MaxLifetime is -1ns") {
			t.Errorf("list %v, error %v", list, err)
		}
	}
	if _, err := denylist.New(&faulty{}, denylist.Options{}); err != nil {
		t.Error(err)
	}
	if _, err := denylist.New(&faulty{}, denylist.Options{MaxEntries: 1}); err == nil || !strings.Contains(err.Error(), "MaxEntries is for NewMemory") {
		t.Errorf("MaxEntries for a store: error %v", err)
	}
}

// A nil list is reported when the program starts.
func TestCheckOfNoList(t *testing.T) {
	for _, list := range []*denylist.List{nil, {}} {
		if _, err := jwthttp.New(jwthttp.HS256(tokentest.Secret), jwthttp.Options{}, denylist.Check[AppClaims](list)); err == nil {
			t.Error("jwthttp.New took a check of no list")
		}
	}
}

// A list or a token that is nil is an error, and no panic.
func TestNil(t *testing.T) {
	if err := denylist.Check[jwt.MapClaims](newMemory(t, denylist.Options{}))(t.Context(), nil); !errors.Is(err, denylist.ErrNotRevocable) {
		t.Errorf("a nil token: %v", err)
	}
	if got := (*denylist.List)(nil).MaxLifetime(); got != 0 {
		t.Errorf("a nil list: %v", got)
	}
}

// MaxLifetime has a default, for a list of a store as well.
func TestDefaultLifetime(t *testing.T) {
	list, err := denylist.New(&faulty{}, denylist.Options{})
	if err != nil {
		t.Fatal(err)
	}
	auth := tokentest.Protect[jwt.MapClaims](t, list)
	iat := time.Now().Unix()
	want(t, auth, jwt.MapClaims{"sub": "alice", "iat": iat, "exp": iat + 86400}, nil)
	want(t, auth, jwt.MapClaims{"sub": "alice", "iat": iat, "exp": iat + 86401}, denylist.ErrNotRevocable)
}

// A key depends on the whole of a name and of its issuer, and on the kind of the name.
func TestKeys(t *testing.T) {
	f := &faulty{}
	auth := tokentest.Protect[jwt.MapClaims](t, newFaulty(t, f))
	seen := map[denylist.Key]string{}
	for _, iss := range []string{"", "a", "aa", "a\x00", "\x00a", "\x00\x00\x00\x00\x00\x00\x00\x01", strings.Repeat("a", 300)} {
		for _, name := range []string{"a", "aa", "\x00", "a\x00", "\x00a", "s", "t", strings.Repeat("a", 300), strings.Repeat("a", 301)} {
			want(t, auth, jwt.MapClaims{"iss": iss, "jti": name, "sub": name}, nil)
			if f.asked[denylist.Session] != (denylist.Key{}) {
				t.Errorf("session %x is asked for", f.asked[denylist.Session])
			}
			for i, key := range f.asked[:denylist.Session] {
				what := [2]string{"token", "subject"}[i] + " " + iss + "|" + name
				if before, ok := seen[key]; ok {
					t.Errorf("%q and %q have one key", before, what)
				}
				seen[key] = what
			}
		}
	}
}

// What a token does not carry is not looked up.
func TestNoKeyForNoName(t *testing.T) {
	f := &faulty{}
	auth := tokentest.Protect[jwt.MapClaims](t, newFaulty(t, f))
	for _, test := range []struct {
		claims jwt.MapClaims
		keys   [3]bool
	}{
		{jwt.MapClaims{"iss": "a", "jti": "1", "sub": "alice", "sid": "s"}, [3]bool{true, true, true}},
		{jwt.MapClaims{"iss": "a", "jti": "1"}, [3]bool{true, false, false}},
		{jwt.MapClaims{"iss": "a", "sub": "alice"}, [3]bool{false, true, false}},
		{jwt.MapClaims{"jti": "", "sub": "alice"}, [3]bool{false, true, false}},
	} {
		want(t, auth, test.claims, nil)
		for kind, key := range f.asked {
			if (key != denylist.Key{}) != test.keys[kind] {
				t.Errorf("%v: key %d is %x", test.claims, kind, key)
			}
		}
	}
}

// A slow store takes a while to keep an entry, and stops when its context ends.
type slow struct {
	denylist.Store
	begun chan struct{}
	while time.Duration
	seen  context.Context
}

func (s *slow) Raise(ctx context.Context, kind denylist.Kind, key denylist.Key, n int64, until time.Time) error {
	s.seen = ctx
	close(s.begun)
	select {
	case <-time.After(s.while):
		return s.Store.Raise(ctx, kind, key, n, until)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A waiting store keeps an entry when its channel is closed.
type waiting struct {
	denylist.Store
	begun, left chan struct{}
}

func (s *waiting) Raise(ctx context.Context, kind denylist.Kind, key denylist.Key, n int64, until time.Time) error {
	close(s.begun)
	<-s.left
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.Store.Raise(ctx, kind, key, n, until)
}

// A client closes its TCP connection during its logout.
func TestClientLeaves(t *testing.T) {
	store := &waiting{denylist.NewMemoryStore(10), make(chan struct{}), make(chan struct{})}
	list, err := denylist.New(store, denylist.Options{})
	if err != nil {
		t.Fatal(err)
	}
	revoked := make(chan error, 1)
	server := httptest.NewServer(tokentest.Protect[jwt.MapClaims](t, list).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			return
		}
		go func() { <-r.Context().Done(); close(store.left) }()
		token, _ := jwthttp.TokenFromContext[jwt.MapClaims](r.Context())
		revoked <- denylist.Revoke(r.Context(), list, token)
	})))
	defer server.Close()
	raw := tokentest.Sign(t, jwt.MapClaims{"jti": "1"})
	send := func(ctx context.Context, method string) (status int, err error) {
		req, err := http.NewRequestWithContext(ctx, method, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+raw)
		res, err := server.Client().Do(req)
		if err != nil {
			return 0, err
		}
		return res.StatusCode, res.Body.Close()
	}

	ctx, leave := context.WithCancel(t.Context())
	go func() { <-store.begun; leave() }()
	if status, err := send(ctx, "POST"); !errors.Is(err, context.Canceled) {
		t.Errorf("status %d, error %v: the client has not left", status, err)
	}
	if err := <-revoked; err != nil {
		t.Error(err)
	}
	if status, err := send(t.Context(), "GET"); status != 401 || err != nil {
		t.Errorf("status %d, error %v, want 401", status, err)
	}
}

// A context that has ended does not end a revocation.
func TestRevocationOutlivesItsRequest(t *testing.T) {
	type contextKey struct{}
	left := errors.New("the client has left")
	revocations := map[string]func(context.Context, *denylist.List, *jwthttp.Token[jwt.MapClaims]) error{
		"Revoke": denylist.Revoke[jwt.MapClaims],
		"RevokeToken": func(ctx context.Context, l *denylist.List, t *jwthttp.Token[jwt.MapClaims]) error {
			return l.RevokeToken(ctx, "", "1", t.ExpiresAt())
		},
		"RevokeSubject": func(ctx context.Context, l *denylist.List, _ *jwthttp.Token[jwt.MapClaims]) error {
			return l.RevokeSubject(ctx, "", "alice", time.Now())
		},
	}
	contexts := map[string]func(context.Context, <-chan struct{}) context.Context{
		"cancelled before": func(ctx context.Context, _ <-chan struct{}) context.Context {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(left)
			return ctx
		},
		"cancelled meanwhile": func(ctx context.Context, begun <-chan struct{}) context.Context {
			ctx, cancel := context.WithCancelCause(ctx)
			go func() { <-begun; cancel(left) }()
			return ctx
		},
		"past its deadline": func(ctx context.Context, _ <-chan struct{}) context.Context {
			ctx, cancel := context.WithDeadlineCause(ctx, time.Now().Add(-time.Second), left)
			t.Cleanup(cancel)
			return ctx
		},
		"with a deadline that passes meanwhile": func(ctx context.Context, _ <-chan struct{}) context.Context {
			ctx, cancel := context.WithTimeoutCause(ctx, time.Second, left)
			t.Cleanup(cancel)
			return ctx
		},
	}
	for what, revoke := range revocations {
		for when, end := range contexts {
			t.Run(what+", "+when, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := &slow{Store: denylist.NewMemoryStore(10), begun: make(chan struct{}), while: 9 * time.Second}
					list, err := denylist.New(store, denylist.Options{})
					if err != nil {
						t.Fatal(err)
					}
					auth := tokentest.Protect[jwt.MapClaims](t, list)
					raw := tokentest.Sign(t, jwt.MapClaims{"sub": "alice", "jti": "1"})
					token, err := auth.Verify(t.Context(), raw)
					if err != nil {
						t.Fatal(err)
					}
					ctx := end(context.WithValue(t.Context(), contextKey{}, "trace"), store.begun)
					if err := revoke(ctx, list, token); err != nil {
						t.Error(err)
					}
					if got := store.seen.Value(contextKey{}); got != "trace" {
						t.Errorf("the value is %v", got)
					}
					if store.seen.Err() == nil {
						t.Error("the context of the store goes on")
					}
					if _, err := auth.Verify(t.Context(), raw); !errors.Is(err, denylist.ErrRevoked) {
						t.Errorf("error = %v, want ErrRevoked", err)
					}
				})
			})
		}
		t.Run(what+", a store that hangs", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &slow{Store: denylist.NewMemoryStore(10), begun: make(chan struct{}), while: time.Hour}
				list, err := denylist.New(store, denylist.Options{})
				if err != nil {
					t.Fatal(err)
				}
				token, err := tokentest.Protect[jwt.MapClaims](t, list).Verify(t.Context(), tokentest.Sign(t, jwt.MapClaims{"sub": "alice", "jti": "1"}))
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				if err := revoke(t.Context(), list, token); !errors.Is(err, jwthttp.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error = %v, want ErrUnavailable", err)
				}
				if took := time.Since(start); took != 10*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// The error of a store is one short line in a log.
func TestTextOfAStore(t *testing.T) {
	odd := errors.New("line one\nline two\u2028three \u202eevil" + strings.Repeat("x", 1000))
	list, err := denylist.New(failing{odd}, denylist.Options{MaxLifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	err = list.RevokeSubject(t.Context(), "i", "s", time.Now())
	if text := fmt.Sprint(err); !errors.Is(err, odd) || len(text) > 300 || strings.ContainsAny(text, "\n\u2028\u202e") {
		t.Errorf("error %q", text)
	}
}

type failing struct{ err error }

func (s failing) Raise(context.Context, denylist.Kind, denylist.Key, int64, time.Time) error {
	return s.err
}

func (s failing) Find(context.Context, [3]denylist.Key) ([3]int64, error) { return [3]int64{}, s.err }
