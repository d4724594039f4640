package jwthttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

// A clock may be set back or far ahead. Only the time that it shows now counts, and no earlier
// time is remembered. Each bubble begins at the same moment, so the second bubble steps back
// from the end of the first. The real clock is a quarter of a century ahead of both.
func TestClockSteps(t *testing.T) {
	const minute = 60
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix() // the time at which a bubble starts
	claims := func(format string, args ...any) string { return fmt.Sprintf("{"+format+"}", args...) }
	for _, a := range algorithms() {
		t.Run(a.name, func(t *testing.T) {
			var took time.Duration
			opts := jwthttp.Options{MaxAge: time.Hour, Leeway: time.Second, OnResult: func(_ *http.Request, res jwthttp.Result) { took = res.Duration }}
			source := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return []jwthttp.Key{a.key}, nil })
			auth := mustNew[AppClaims](t, source, opts)
			early := a.sign(t, claims(`"iat":%d,"exp":%d`, start, start+10*minute))
			late := a.sign(t, claims(`"iat":%d,"nbf":%d,"exp":%d`, start+20*minute, start+20*minute, start+90*minute))
			issuedLate := a.sign(t, claims(`"iat":%d,"exp":%d`, start+20*minute, start+90*minute))
			ofToday := a.sign(t, payload(fmt.Sprintf(`"iat":%d`, time.Now().Unix())))

			today := func() {
				t.Helper()
				verify(t, auth, ofToday, nil)
				for _, token := range []string{early, late, issuedLate} {
					verify(t, auth, token, jwt.ErrTokenExpired)
				}
			}
			bubble := func(t *testing.T) {
				verify(t, auth, early, nil)
				verify(t, auth, late, jwt.ErrTokenNotValidYet)
				verify(t, auth, issuedLate, jwt.ErrTokenUsedBeforeIssued)
				verify(t, auth, ofToday, jwt.ErrTokenUsedBeforeIssued)
				time.Sleep(30 * time.Minute)
				verify(t, auth, early, jwt.ErrTokenExpired)
				verify(t, auth, late, nil)
				verify(t, auth, issuedLate, nil)
				r := httptest.NewRequest("GET", "/", nil)
				r.Header.Set("Authorization", "Bearer "+late)
				took = -1
				auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(httptest.NewRecorder(), r)
				if took != 0 {
					t.Errorf("a decision took %v on a clock that did not advance", took)
				}
			}
			today()
			for range 3 {
				synctest.Test(t, bubble)
			}
			today()
		})
	}
}

// A request's context ends before or while something waits for it. The answer is a 503 at that
// moment, and next does not run. No goroutine is left, or the bubble would not end.
func TestCancelledContexts(t *testing.T) {
	wait := func(ctx context.Context) error {
		<-ctx.Done()
		return fmt.Errorf("waiting: %w", ctx.Err())
	}
	extractor := jwthttp.Extractor{Source: "session", Extract: func(r *http.Request) (string, error) { return "", wait(r.Context()) }}
	keyFunc := jwthttp.KeyFunc(func(ctx context.Context, _ jwthttp.TokenHeader) ([]jwthttp.Key, error) { return nil, wait(ctx) })
	late := jwthttp.KeyFunc(func(ctx context.Context, _ jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		return []jwthttp.Key{jwthttp.HS256(secret)}, wait(ctx) // with keys as well as an error
	})
	check := func(ctx context.Context, _ *jwthttp.Token[AppClaims]) error { return wait(ctx) }
	never := func(context.Context, *jwthttp.Token[AppClaims]) error { panic("a check behind it was called") }
	key := jwthttp.HS256(secret)
	for _, step := range []struct {
		name   string
		keys   jwthttp.KeySource
		places []jwthttp.Extractor
		checks []jwthttp.Check[AppClaims]
	}{
		{"extraction", key, []jwthttp.Extractor{extractor}, nil},
		{"extraction beside a good header", key, []jwthttp.Extractor{jwthttp.BearerHeader(), extractor}, nil},
		{"extraction in FirstOf", key, []jwthttp.Extractor{jwthttp.FirstOf(extractor, jwthttp.BearerHeader())}, nil},
		{"key source", keyFunc, nil, []jwthttp.Check[AppClaims]{never}},
		{"key source that returns keys too", late, nil, []jwthttp.Check[AppClaims]{never}},
		{"key source of an issuer", jwthttp.Issuers{issuerA: keyFunc}, nil, []jwthttp.Check[AppClaims]{never}},
		{"check", key, nil, []jwthttp.Check[AppClaims]{check, never}},
	} {
		for _, end := range []struct {
			name   string
			make   func(context.Context) (context.Context, context.CancelFunc)
			after  time.Duration
			is     error
			reason string
		}{
			{"before", func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				cancel()
				return ctx, cancel
			}, 0, context.Canceled, "canceled"},
			{"meanwhile", func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(time.Second, cancel)
				return ctx, cancel
			}, time.Second, context.Canceled, "canceled"},
			{"with a cause", func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancelCause(ctx)
				cancel(jwthttp.ErrNoToken)
				return ctx, func() { cancel(nil) }
			}, 0, context.Canceled, "canceled"},
			{"too slow", func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, time.Second)
			}, time.Second, context.DeadlineExceeded, "unavailable"},
		} {
			t.Run(step.name+", "+end.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var result jwthttp.Result
					auth := mustNew(t, step.keys, jwthttp.Options{
						Extractors: step.places, AllowAnonymous: true, OnResult: func(_ *http.Request, res jwthttp.Result) { result = res },
					}, step.checks...)
					request := func() (*http.Request, context.CancelFunc) {
						ctx, cancel := end.make(t.Context())
						r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
						r.Header.Set("Authorization", "Bearer "+signHS(secret, plainHeader, iss(issuerA)))
						return r, cancel
					}
					began := time.Now()
					r, cancel := request()
					defer cancel()
					rec := httptest.NewRecorder()
					auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("next ran") })).ServeHTTP(rec, r)
					if rec.Code != 503 || rec.Header().Get("Retry-After") != "5" || time.Since(began) != end.after {
						t.Errorf("%d %v after %v", rec.Code, rec.Header(), time.Since(began))
					}
					if result.Outcome != "unavailable" || result.Reason != end.reason || !errors.Is(result.Err, end.is) || result.Duration != end.after {
						t.Errorf("told %+v", result)
					}
					r, cancel = request()
					defer cancel()
					if token, err := auth.Authenticate(r); token != nil || !errors.Is(err, jwthttp.ErrUnavailable) || !errors.Is(err, end.is) {
						t.Errorf("Authenticate: %v, %v", token, err)
					}
				})
			})
		}
	}
}

// Over real HTTP, a client that hangs up ends the wait for keys.
func TestClientHangsUp(t *testing.T) {
	asked, told := make(chan bool, 1), make(chan jwthttp.Result, 1)
	auth := mustNew[AppClaims](t, jwthttp.KeyFunc(func(ctx context.Context, _ jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		asked <- true
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Second):
			return nil, errors.New("nobody says that the client is gone")
		}
	}), jwthttp.Options{OnResult: func(_ *http.Request, res jwthttp.Result) { told <- res }})
	s := serve(t, auth)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+good())
	go func() {
		<-asked
		cancel()
	}()
	if res, err := s.Client().Do(r); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", res, err)
	}
	if res := <-told; res.Reason != "canceled" {
		t.Errorf("told %+v", res)
	}
	s.Close() // waits until the handler has returned
	if s.ran != 0 {
		t.Errorf("next ran %d times", s.ran)
	}
}

// A brokenWriter fails or panics at the place that at names.
type brokenWriter struct {
	header http.Header
	at     string // "write", "short write", "panic in write", "panic in header", "panic in status"
	status int
	calls  int
}

func (w *brokenWriter) Header() http.Header {
	if w.at == "panic in header" {
		panic(w)
	}
	return w.header
}

func (w *brokenWriter) WriteHeader(status int) {
	w.calls++
	w.status = status
	if w.at == "panic in status" {
		panic(w)
	}
}

func (w *brokenWriter) Write(b []byte) (int, error) {
	w.calls++
	switch w.at {
	case "panic in write":
		panic(w)
	case "short write":
		return len(b) / 2, nil
	}
	return 0, io.ErrClosedPipe
}

// When an answer cannot be written, next does not run and nothing is written twice. A panic is
// the writer's own.
func TestBrokenResponseWriters(t *testing.T) {
	auth := mustNew(t, jwthttp.HS256(secret), jwthttp.Options{Extractors: bothPlaces}, func(_ context.Context, token *jwthttp.Token[AppClaims]) error {
		if token.Claims.Role == "down" {
			return jwthttp.ErrUnavailable
		}
		return nil
	})
	ran := 0
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran++ })
	handlers := map[string]http.Handler{
		"middleware": auth.Handler(next), "scopes": auth.Handler(jwthttp.RequireScopes("read")(next)),
		"rule": auth.Handler(jwthttp.Require(func(AppClaims) error { return errors.New("no") })(next)),
	}
	for _, tc := range []struct {
		name, handler, header, value string
		status                       int
	}{
		{"nothing", "middleware", "", "", 401},
		{"malformed", "middleware", "Authorization", "Bearer", 400},
		{"expired", "middleware", "Authorization", "Bearer " + signHS(secret, plainHeader, `{"exp":1}`), 401},
		{"store down", "middleware", "Authorization", "Bearer " + signHS(secret, plainHeader, payload(`"role":"down"`)), 503},
		{"scope missing", "scopes", "Authorization", "Bearer " + good(), 403},
		{"refused by a rule", "rule", "Authorization", "Bearer " + good(), 403},
		{"cross-origin", "middleware", "Cookie", "token=" + good(), 403},
	} {
		for _, at := range []string{"write", "short write", "panic in write", "panic in header", "panic in status"} {
			t.Run(tc.name+", "+at, func(t *testing.T) {
				ran = 0
				w := &brokenWriter{header: http.Header{}, at: at}
				r := httptest.NewRequest("POST", "/", nil)
				r.Header.Set("Sec-Fetch-Site", "cross-site")
				if tc.header != "" {
					r.Header.Set(tc.header, tc.value)
				}
				got := panicOf(func() { handlers[tc.handler].ServeHTTP(w, r) })
				wantPanic, wantStatus, wantCalls := any(nil), tc.status, 2
				if strings.HasPrefix(at, "panic") {
					wantPanic = w
				}
				switch at {
				case "panic in header":
					wantStatus, wantCalls = 0, 0
				case "panic in status":
					wantCalls = 1
				}
				if got != wantPanic || w.status != wantStatus || w.calls != wantCalls || ran != 0 {
					t.Errorf("panic %v, status %d after %d calls, next ran %d times", got, w.status, w.calls, ran)
				}
				verify(t, auth, good(), nil)
			})
		}
	}
}

// panicOf returns what f panics with, or nil if f does not panic.
func panicOf(f func()) (thrown any) {
	defer func() { thrown = recover() }()
	f()
	return nil
}

// panickyClaims panic where the token says so.
type panickyClaims struct {
	Subject string      `json:"sub"`
	At      string      `json:"at"`
	Fuse    panickyFuse `json:"fuse"`
}

type panickyFuse struct{ text string }

func (f *panickyFuse) UnmarshalJSON(b []byte) error {
	f.text = string(b)
	if f.text == `"blown"` {
		panic("in UnmarshalJSON")
	}
	return nil
}

func (c *panickyClaims) Validate() error {
	if c.At == "Validate" {
		panic("in Validate")
	}
	return nil
}

// panickyChain returns a chain whose parts panic where the request's X-Panic or the token's at
// says so. Its handler answers with the subject.
func panickyChain(t testing.TB, keys jwthttp.KeySource) http.Handler {
	t.Helper()
	type ctxKey struct{}
	explode := func(ctx context.Context, at string) {
		if ctx.Value(ctxKey{}) == at {
			panic("in " + at)
		}
	}
	source := jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		h.UnverifiedIssuer() // needs a buffer
		explode(ctx, "key source")
		return keys.Keys(ctx, h)
	})
	bearer := jwthttp.BearerHeader()
	find := bearer.Extract
	bearer.Extract = func(r *http.Request) (string, error) {
		explode(r.Context(), "extractor")
		return find(r)
	}
	auth := mustNew(t, source, jwthttp.Options{
		Extractors: []jwthttp.Extractor{bearer},
		OnResult:   func(r *http.Request, _ jwthttp.Result) { explode(r.Context(), "OnResult") },
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			explode(r.Context(), "error handler")
			jwthttp.WriteError(w, r, err)
		},
	}, func(ctx context.Context, token *jwthttp.Token[panickyClaims]) error {
		token.Scopes()
		explode(ctx, "check")
		return nil
	})
	rule := jwthttp.Require(func(c panickyClaims) error {
		if c.At == "rule" {
			panic("in rule")
		}
		return nil
	})
	h := auth.Handler(rule(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		explode(r.Context(), "handler")
		claims, _ := jwthttp.ClaimsFromContext[panickyClaims](r.Context())
		fmt.Fprint(w, claims.Subject, claims.Fuse.text)
	})))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), ctxKey{}, r.Header.Get("X-Panic"))))
	})
}

// panics are the places where user code may panic, each with the X-Panic or the claims that
// make it panic.
var panics = []struct{ at, claims string }{
	{"extractor", ""}, {"key source", ""}, {"check", ""}, {"OnResult", ""}, {"handler", ""},
	{"UnmarshalJSON", `,"fuse":"blown"`}, {"Validate", `,"at":"Validate"`}, {"rule", `,"at":"rule"`}, {"error handler", `,"exp":1`},
}

func panickyRequest(t testing.TB, a algorithm, subject, at, claims string) *http.Request {
	t.Helper()
	// iss is escaped and the header is long, so every buffer is used.
	expires := fmt.Sprintf(`,"exp":%d`, time.Now().Add(time.Hour).Unix())
	if claims == `,"exp":1` {
		expires = ""
	}
	text := fmt.Sprintf(`{"iss":"\u0061","sub":%q,"fuse":%q%s%s}`, subject, "of "+subject, claims, expires)
	if claims == `,"fuse":"blown"` {
		text = fmt.Sprintf(`{"iss":"\u0061","sub":%q%s%s}`, subject, claims, expires)
	}
	header := pad(fmt.Sprintf(`{"alg":%q,"kid":"\u006b"`, a.name), 300)
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+signAs(t, a.name, a.private, header, text))
	r.Header.Set("X-Panic", at)
	return r
}

// The user's own code may panic anywhere. Three things hold:
//
//   - The panic reaches net/http.
//   - The handler has not run, unless the panic is its own.
//   - Pooled memory is as good as before. Parallel and later requests get their own claims.
func TestPanics(t *testing.T) {
	h := panickyChain(t, allKeys())
	ask := func(r *http.Request) (code int, body string, thrown any) {
		rec := httptest.NewRecorder()
		thrown = panicOf(func() { h.ServeHTTP(rec, r) })
		return rec.Code, rec.Body.String(), thrown
	}
	wantGood := func(a algorithm, subject string) {
		t.Helper()
		code, body, thrown := ask(panickyRequest(t, a, subject, "", ""))
		if want := fmt.Sprintf("%s%q", subject, "of "+subject); code != 200 || body != want || thrown != nil {
			t.Errorf("%s: %d %q, panic %v, want %q", a.name, code, body, thrown, want)
		}
	}
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			for i := range 2 {
				for _, a := range algorithms() {
					for _, p := range panics {
						subject := fmt.Sprintf("user-%d-%d", n, i)
						code, body, thrown := ask(panickyRequest(t, a, subject, p.at, p.claims))
						if thrown != "in "+p.at || body != "" {
							t.Errorf("%s, %s: %d %q, panic %v", a.name, p.at, code, body, thrown)
						}
						wantGood(a, subject)
					}
				}
			}
		})
	}
	wg.Wait()
	for _, a := range algorithms() {
		for i := range 20 {
			wantGood(a, fmt.Sprint("later-", i))
		}
		// Forged tokens are still refused, because no buffer kept a good signature.
		r := panickyRequest(t, a, "forger", "", "")
		r.Header.Set("Authorization", r.Header.Get("Authorization")[:len(r.Header.Get("Authorization"))-8]+"AAAAAAAA")
		if code, body, thrown := ask(r); code != 401 || thrown != nil {
			t.Errorf("%s: %d %q, panic %v", a.name, code, body, thrown)
		}
	}
}

// Over real HTTP, net/http closes the connection and serves the next request.
func TestPanicsOverHTTP(t *testing.T) {
	s := httptest.NewUnstartedServer(panickyChain(t, allKeys()))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	defer s.Close()
	send := func(from *http.Request) (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", s.URL, nil)
		if err != nil {
			return nil, err
		}
		r.Header = from.Header
		return s.Client().Do(r)
	}
	for _, a := range algorithms() {
		for _, p := range panics {
			if res, err := send(panickyRequest(t, a, "alice", p.at, p.claims)); err == nil {
				t.Errorf("%s, %s: %d", a.name, p.at, res.StatusCode)
				res.Body.Close()
			}
			res, err := send(panickyRequest(t, a, "alice", "", ""))
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if res.StatusCode != 200 || string(body) != `alice"of alice"` || err != nil {
				t.Errorf("%s, after %s: %d %q %v", a.name, p.at, res.StatusCode, body, err)
			}
		}
	}
}

// A function swaps its keys under load. Once it offers the new key, a token of the old key is
// refused, although its signature was good before. A token of the new key passes.
func TestKeysAreSwappedUnderLoad(t *testing.T) {
	const generations = 15
	type generation struct {
		n     int
		keys  []jwthttp.Key
		given any // the key as golang-jwt takes it
	}
	var made []generation
	var tokens []string
	for n := range generations {
		private := newEdKey()
		public := edPublic(private)
		made = append(made, generation{n, []jwthttp.Key{jwthttp.EdDSA(public)}, public})
		tokens = append(tokens, signAs(t, "EdDSA", private, `{"alg":"EdDSA"}`, payload(fmt.Sprintf(`"iss":%q,"role":"%d"`, issuerA, n))))
	}
	var current atomic.Pointer[generation]
	current.Store(&made[0])
	source := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return current.Load().keys, nil })
	legacy := jwthttp.FromKeyfunc(func(*jwt.Token) (any, error) { return current.Load().given, nil }, "EdDSA")
	var wg sync.WaitGroup
	var rounds atomic.Int64
	done := make(chan struct{})
	for name, keys := range map[string]jwthttp.KeySource{"KeyFunc": source, "Issuers": jwthttp.Issuers{issuerA: source}, "FromKeyfunc": legacy} {
		auth := mustNew[AppClaims](t, keys, jwthttp.Options{})
		for range 2 {
			wg.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					before := current.Load().n
					for n := max(before-3, 0); n <= min(before+1, generations-1); n++ {
						oldest := current.Load().n
						token, err := auth.Verify(t.Context(), tokens[n])
						newest := current.Load().n
						switch {
						case err == nil && n < oldest:
							t.Errorf("%s: a token of key %d passes, %d is in use", name, n, oldest)
						case err == nil && (n > newest || token.Claims.Role != fmt.Sprint(n)):
							t.Errorf("%s: a token of key %d passes as %q before its key is in use", name, n, token.Claims.Role)
						case err != nil && (n == oldest && n == newest || !errors.Is(err, jwt.ErrTokenSignatureInvalid)):
							t.Errorf("%s: a token of key %d: %v", name, n, err)
						}
					}
					rounds.Add(1)
				}
			})
		}
	}
	for n := range made {
		current.Store(&made[n])
		for enough := rounds.Load() + 6; rounds.Load() < enough; {
			time.Sleep(100 * time.Microsecond)
		}
	}
	close(done)
	wg.Wait()
}

// The error of another middleware is no more than an error of the key source.
func TestKeySourceWithTheErrorOfAMiddleware(t *testing.T) {
	inner := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{})
	for name, token := range map[string]string{"no token": "", "malformed": "x", "expired": signHS(secret, plainHeader, `{"exp":1}`)} {
		auth := mustNew[AppClaims](t, jwthttp.KeyFunc(func(ctx context.Context, _ jwthttp.TokenHeader) ([]jwthttp.Key, error) {
			_, err := inner.Verify(ctx, token)
			return nil, err
		}), jwthttp.Options{})
		if _, err := auth.Verify(t.Context(), good()); !errors.Is(err, jwthttp.ErrUnavailable) || errors.Is(err, jwthttp.ErrNoToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A known kind decides, whatever else an error wraps.
func TestWriteErrorOfKindsThatWrap(t *testing.T) {
	const callers = "the caller's"
	for kind, want := range map[error]int{
		jwthttp.ErrForbidden: 403, jwthttp.ErrInsufficientScope: 403, jwthttp.ErrCrossOrigin: 403, jwthttp.ErrNoToken: 401,
		jwthttp.ErrInvalidRequest: 400, jwthttp.ErrMisconfigured: 500, jwthttp.ErrUnavailable: 503, errors.New(callers): 503,
	} {
		for _, cause := range []error{context.Canceled, context.DeadlineExceeded, jwthttp.ErrUnavailable} {
			rec := httptest.NewRecorder()
			jwthttp.WriteError(rec, httptest.NewRequest("GET", "/", nil), fmt.Errorf("%w: %w", kind, cause))
			if kind != jwthttp.ErrMisconfigured && cause == jwthttp.ErrUnavailable { // the first of the list counts
				if rec.Code != 503 {
					t.Errorf("%v with %v: %d", kind, cause, rec.Code)
				}
			} else if rec.Code != want {
				t.Errorf("%v with %v: %d, want %d", kind, cause, rec.Code, want)
			}
		}
	}
	// An error that a key source of this package returns is inside of others here, and they decide.
	_, unknown := jwthttp.Issuers{"a": jwthttp.HS256(secret)}.Keys(t.Context(), jwthttp.TokenHeader{})
	nine := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return make([]jwthttp.Key, 9), nil })
	_, tooMany := nine.Keys(t.Context(), jwthttp.TokenHeader{})
	for _, err := range []error{unknown, tooMany} {
		for kind, want := range map[error]int{jwthttp.ErrUnavailable: 503, jwthttp.ErrForbidden: 403, jwthttp.ErrMisconfigured: 500} {
			rec := httptest.NewRecorder()
			jwthttp.WriteError(rec, httptest.NewRequest("GET", "/", nil), fmt.Errorf("%w: %w", kind, err))
			if rec.Code != want {
				t.Errorf("%v with %v: %d, want %d", kind, err, rec.Code, want)
			}
		}
	}
}

// A field of the header without a value is not sent, so it keeps nobody from a cookie's answer.
func TestCookieWithAnEmptyCacheControl(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.HS256(secret), jwthttp.Options{Extractors: []jwthttp.Extractor{jwthttp.Cookie("token")}})
	for name, values := range map[string][]string{"nil": nil, "empty": {}} {
		rec := httptest.NewRecorder()
		rec.Header()["Cache-Control"] = values
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "token="+good())
		auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(rec, r)
		if got := rec.Header().Get("Cache-Control"); got != "private" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
	}
}
