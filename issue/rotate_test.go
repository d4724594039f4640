package issue_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/jwks"
)

// A journal keeps what is logged, one JSON object a line.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(j, nil)) }

// count returns how many records of a level there are.
func (j *journal) count(level slog.Level) int {
	return strings.Count(j.String(), `"level":"`+level.String()+`"`)
}

// want compares how many records of Warn and of Error there are.
func (j *journal) want(t *testing.T, name string, warns, errs int) {
	t.Helper()
	if w, e := j.count(slog.LevelWarn), j.count(slog.LevelError); w != warns || e != errs {
		t.Errorf("%s: %d records at Warn and %d at Error, want %d and %d:\n%s", name, w, e, warns, errs, j)
	}
}

// edSeed returns the private key of a number. It is the same on each call.
func edSeed(n int) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(fmt.Appendf(nil, "Seed of the key number %09d", n))
}

func edKeyOf(n int) issue.Key { return issue.NewKey(jwt.SigningMethodEdDSA, edSeed(n)) }

func ecKeyOn(curve elliptic.Curve) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

// signedBy returns the header of a new token as "alg kid".
func signedBy[C any](t *testing.T, iss *issue.Issuer[C], claims C) string {
	t.Helper()
	token, _, err := iss.Token(t.Context(), claims)
	if err != nil {
		t.Fatal(err)
	}
	return headerOf(t, token)
}

func headerOf(t *testing.T, token string) string {
	t.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	kid, _ := parsed.Header["kid"].(string)
	return parsed.Method.Alg() + " " + kid
}

// nameOf returns "alg kid" of a key, as signedBy does.
func nameOf(k issue.Key) string {
	var algorithm, kid string
	if _, err := fmt.Sscanf(k.String(), "issue.Key{%s kid=%q}", &algorithm, &kid); err != nil {
		panic(err)
	}
	return algorithm + " " + kid
}

// published returns what JWKS has, each as "alg kid".
func published[C any](t *testing.T, iss *issue.Issuer[C]) (names []string) {
	t.Helper()
	var set struct {
		Keys []struct{ Alg, Kid string }
	}
	if err := json.Unmarshal(get(iss.JWKS()).Body.Bytes(), &set); err != nil {
		t.Fatal(err)
	}
	for _, k := range set.Keys {
		names = append(names, k.Alg+" "+k.Kid)
	}
	return names
}

func get(h http.Handler) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w
}

// accepts reports whether a token of a key may be accepted.
func accepts[C any](t *testing.T, iss *issue.Issuer[C], k issue.Key) bool {
	t.Helper()
	algorithm, kid, _ := strings.Cut(nameOf(k), " ")
	keys, err := iss.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: algorithm, KeyID: kid})
	if err != nil && !errors.Is(err, jwthttp.ErrUnknownKey) {
		t.Fatal(err)
	}
	// All keys come if there is none for the token.
	return slices.ContainsFunc(keys, func(one jwthttp.Key) bool { return "jwthttp."+strings.TrimPrefix(k.String(), "issue.") == one.String() })
}

// rotationTokens names the variable that says how many tokens the long form of TestRotation makes,
// such as 1000000. Without it there is the short form.
const rotationTokens = "ROTATION_TOKENS"

const rotationURL = "https://issuer.example.com"

// A fleet is the instances of one service, with an address in front of them that leads to any.
type fleet struct {
	instances [20]atomic.Pointer[instance]
}

type instance struct {
	*issue.Issuer[Claims]
	auth           *jwthttp.Middleware[Claims]
	keys, metadata http.Handler
}

func (f *fleet) any() *instance { return f.instances[mathrand.IntN(len(f.instances))].Load() }

// RoundTrip has no network, since that would stop the clock of a bubble.
func (f *fleet) RoundTrip(r *http.Request) (*http.Response, error) {
	w, i := httptest.NewRecorder(), f.any()
	mux := http.NewServeMux()
	mux.Handle("/.well-known/jwks.json", i.keys)
	mux.Handle("/.well-known/openid-configuration", i.metadata)
	mux.ServeHTTP(w, r)
	return w.Result(), nil
}

// A cache is between a service and the fleet. It gives each answer again until its max-age is over,
// and says how old it is.
type cache struct {
	next http.RoundTripper

	mu      sync.Mutex
	answers map[string]answer
}

type answer struct {
	at     time.Time
	maxAge time.Duration
	header http.Header
	body   []byte
}

func (c *cache) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.answers[r.URL.Path]
	if age := time.Since(a.at); !ok || age >= a.maxAge {
		res, err := c.next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		_, text, _ := strings.Cut(res.Header.Get("Cache-Control"), "max-age=")
		seconds, err := strconv.Atoi(text)
		if err != nil || res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("an answer of %d with Cache-Control %q", res.StatusCode, res.Header.Get("Cache-Control"))
		}
		a = answer{time.Now(), time.Duration(seconds) * time.Second, res.Header, body}
		c.answers[r.URL.Path] = a
	}
	header := a.header.Clone()
	header.Set("Age", strconv.Itoa(int(time.Since(a.at).Seconds())))
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(a.body)), Request: r}, nil
}

// A simple follower uses the set that it has until max-age is over, and never asks for an unknown
// key. It is the least that a good client does.
type simple struct{ cache cache }

func (s *simple) Keys(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", rotationURL+"/.well-known/jwks.json", nil)
	if err != nil {
		return nil, err
	}
	res, err := s.cache.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	set, err := jwks.Parse(body)
	if err != nil {
		return nil, err
	}
	return set.Keys.Keys(ctx, h)
}

// 20 instances with clocks up to 30 s off either way, 50 rotations, each brought out by restarting
// one instance after the other until 11 minutes before it: no instance refuses a token of another
// one, and no other service does.
//
// All clocks of a bubble are one. An instance whose clock is s behind does everything s later, and
// that is what a From that is s later does. So each instance gets keys whose From is off by its own
// -30 s to +30 s.
func TestRotation(t *testing.T) {
	const (
		rotations = 50
		every     = time.Hour
		lifetime  = 15 * time.Minute
		lead      = 11 * time.Minute
	)
	offsets := []time.Duration{-31 * time.Second, -30 * time.Second, -29 * time.Second, -15 * time.Second, -time.Second, 0, time.Second,
		15 * time.Second, 29 * time.Second, 30 * time.Second, 31 * time.Second, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute}
	// The short form has all verify each token. The long one has two at a time.
	minters, each, verifiers := 1, 1, 1000
	if text := os.Getenv(rotationTokens); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		minters, verifiers = 20, 1
		each = (n + rotations*len(offsets)*minters - 1) / (rotations * len(offsets) * minters)
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now().Add(every - time.Minute)
		from := func(n int) time.Time { return start.Add(time.Duration(n) * every) }
		f := &fleet{}
		keys := map[int]issue.Key{}
		for n := -2; n < rotations; n++ {
			keys[n] = edKeyOf(n)
		}
		key := func(n int, off time.Duration) issue.Key { return keys[n].From(from(n).Add(off)) }
		restart := func(i, n int) {
			off := -30*time.Second + time.Minute*time.Duration(i)/time.Duration(len(f.instances)-1)
			iss := newIssuer[Claims](t, issue.Options{Issuer: rotationURL, Audience: []string{"orders"}, Lifetime: lifetime, Logger: slog.New(slog.DiscardHandler)},
				key(n-2, off), key(n-1, off), key(n, off))
			f.instances[i].Store(&instance{iss, newAuth(t, iss), iss.JWKS(), iss.Metadata()})
		}
		for i := range f.instances {
			restart(i, 0)
		}
		var services []*jwthttp.Middleware[Claims]
		follow := func(source jwthttp.KeySource, err error) {
			if err != nil {
				t.Fatal(err)
			}
			auth, err := jwthttp.New[Claims](source, jwthttp.Options{Issuer: rotationURL, Audience: []string{"orders"}})
			if err != nil {
				t.Fatal(err)
			}
			services = append(services, auth)
		}
		client := func(next http.RoundTripper) *http.Client { return &http.Client{Transport: next} }
		options := jwks.Options{Audience: []string{"orders"}, Client: client(f), Logger: slog.New(slog.DiscardHandler)}
		discovered, err := jwks.Discover(rotationURL, options)
		follow(discovered, err)
		defer discovered.Close()
		options.Client = client(&cache{next: f, answers: map[string]answer{}})
		cached, err := jwks.Discover(rotationURL, options)
		follow(cached, err)
		defer cached.Close()
		options.Issuer, options.Client = rotationURL, client(f)
		direct, err := jwks.New(rotationURL+"/.well-known/jwks.json", options)
		follow(direct, err)
		defer direct.Close()
		follow(&simple{cache{next: f, answers: map[string]answer{}}}, nil)

		var made, verified, refused int
		kids := map[string]int{}
		verify := func(auth *jwthttp.Middleware[Claims], name string, n int, token string) {
			verified++
			if _, err := auth.Verify(t.Context(), token); err != nil {
				if refused++; refused <= 10 {
					t.Errorf("%s refuses a token of rotation %d at %v: %v", name, n, time.Since(from(n)), err)
				}
			}
		}
		verifyAll := func(n int, tokens []string) {
			for _, token := range tokens {
				for _, i := range mathrand.Perm(len(f.instances))[:min(verifiers, len(f.instances))] {
					verify(f.instances[i].Load().auth, fmt.Sprint("instance ", i), n, token)
				}
				for _, i := range mathrand.Perm(len(services))[:min(verifiers, len(services))] {
					verify(services[i], fmt.Sprint("service ", i), n, token)
				}
			}
		}
		type event struct {
			at time.Time
			do func()
		}
		var events []event
		for n := range rotations {
			for i := range f.instances {
				before := lead
				if i > 0 {
					before += mathrand.N(20 * time.Minute)
				}
				events = append(events, event{from(n).Add(-before), func() { restart(i, n) }})
			}
			for step, offset := range offsets {
				var tokens []string
				events = append(events, event{from(n).Add(offset), func() {
					for k := range minters * each {
						// So that each instance has its turn.
						token, _, err := f.instances[(n*len(offsets)+step+k*7)%len(f.instances)].Load().Token(t.Context(), Claims{})
						if err != nil {
							t.Fatal(err)
						}
						made++
						tokens = append(tokens, token)
						kids[headerOf(t, token)]++
					}
					verifyAll(n, tokens)
				}}, event{from(n).Add(offset + lifetime - time.Second), func() {
					verifyAll(n, tokens)
					tokens = nil
				}})
			}
		}
		slices.SortStableFunc(events, func(a, b event) int { return a.at.Compare(b.at) })
		for _, e := range events {
			time.Sleep(time.Until(e.at))
			e.do()
		}
		t.Logf("%d tokens under %d keys, %d verified, %d refused", made, len(kids), verified, refused)
		if len(kids) != rotations+1 {
			t.Errorf("%d keys have signed, want %d", len(kids), rotations+1)
		}
	})
}

// A key begins to sign at its From, to the nanosecond. It is accepted and published before, and until
// the tokens of its last moment are over and caches have been renewed.
func TestKeyTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const lifetime = time.Hour
		start := time.Now()
		ec := issue.NewKey(jwt.SigningMethodES256, ecKeyOn(elliptic.P256()))
		keys := []issue.Key{edKeyOf(0).From(start), ec.From(start.Add(2 * time.Hour)), edKeyOf(2).From(start.Add(4 * time.Hour))}
		// The order of the list does not count.
		iss := newIssuer[Claims](t, issue.Options{Lifetime: lifetime}, keys[2], keys[0], keys[1])
		for _, tc := range []struct {
			name  string
			at    time.Duration
			signs int
			has   string // which keys are accepted and published
		}{
			{"at the From of the first", 0, 0, "012"},
			{"right before the second", 2*time.Hour - 1, 0, "012"},
			{"at the From of the second", 2 * time.Hour, 1, "012"},
			{"when the last token of the first is over", 3 * time.Hour, 1, "012"},
			{"right before the first is over", 3*time.Hour + 10*time.Minute - 1, 1, "012"},
			{"when the first is over", 3*time.Hour + 10*time.Minute, 1, "12"},
			{"right before the third", 4*time.Hour - 1, 1, "12"},
			{"at the From of the third", 4 * time.Hour, 2, "12"},
			{"when the second is over", 5*time.Hour + 10*time.Minute, 2, "2"},
			{"a month later", 30 * 24 * time.Hour, 2, "2"},
		} {
			time.Sleep(time.Until(start.Add(tc.at)))
			if got, want := signedBy(t, iss, Claims{}), nameOf(keys[tc.signs]); got != want {
				t.Errorf("%s: %s signs, want %s", tc.name, got, want)
			}
			var want []string
			for i, k := range keys {
				has := strings.Contains(tc.has, strconv.Itoa(i))
				if has {
					want = append(want, nameOf(k))
				}
				if got := accepts(t, iss, k); got != has {
					t.Errorf("%s: key %d is accepted: %v", tc.name, i, got)
				}
			}
			if got := published(t, iss); !slices.Equal(got, want) {
				t.Errorf("%s: published are %v, want %v", tc.name, got, want)
			}
		}
	})
}

// The key in use needs no From, and it may be one of years ago.
func TestKeyWithoutFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log journal
		next := edKeyOf(1).From(time.Now().Add(time.Hour))
		for name, first := range map[string]issue.Key{"none": edKeyOf(0), "the beginning of time": edKeyOf(0).From(time.Time{}), "1970": edKeyOf(0).From(time.Unix(0, 0))} {
			iss := newIssuer[Claims](t, issue.Options{Logger: log.logger()}, first, next)
			if got := signedBy(t, iss, Claims{}); got != nameOf(first) {
				t.Errorf("%s: %s signs", name, got)
			}
		}
		log.want(t, "From in the past", 0, 0)
	})
}

// The keys of a rotation may be for different algorithms, secrets among them, with an id and without.
func TestRotationOfAlgorithms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := []byte(strings.Repeat("another secret, ", 4))
		for _, tc := range []struct {
			name string
			keys []issue.Key // an hour apart
		}{
			{"secrets with ids", []issue.Key{issue.HS256(secret).WithID("a"), issue.HS256(other).WithID("b")}},
			{"secrets without ids", []issue.Key{issue.HS256(secret), issue.HS256(other)}},
			{"an id from now on", []issue.Key{issue.HS256(secret), issue.HS256(other).WithID("b")}},
			{"one secret for several algorithms", []issue.Key{issue.HS256(secret), issue.NewKey(jwt.SigningMethodHS512, secret)}},
			{"all", []issue.Key{issue.HS256(secret), issue.NewKey(jwt.SigningMethodRS256, rsaKey()),
				issue.NewKey(jwt.SigningMethodES384, ecKeyOn(elliptic.P384())), edKeyOf(0), issue.HS256(other)}},
		} {
			for i, k := range tc.keys[1:] {
				tc.keys[i+1] = k.From(time.Now().Add(time.Duration(i+1) * time.Hour))
			}
			iss := newIssuer[Claims](t, issue.Options{Lifetime: 90 * time.Minute}, tc.keys...)
			auth := newAuth(t, iss)
			var last string
			for i, k := range tc.keys {
				token, _, err := iss.Token(t.Context(), Claims{})
				if err != nil || headerOf(t, token) != nameOf(k) {
					t.Fatalf("%s: key %d: %v %s, want %s", tc.name, i, err, headerOf(t, token), nameOf(k))
				}
				for _, token := range []string{token, last} {
					if token == "" {
						continue
					}
					if _, err := auth.Verify(t.Context(), token); err != nil {
						t.Errorf("%s: key %d: %v", tc.name, i, err)
					}
				}
				last = token
				time.Sleep(time.Hour)
			}
		}
	})
}

// An instance that starts again in the middle of a rotation goes on with it. Its predecessor's tokens
// are good there.
func TestRestart(t *testing.T) {
	for _, tc := range []struct {
		name  string
		from  time.Duration // of the successor, from the restart on
		signs int
		warns int
	}{
		{"an hour before", time.Hour, 0, 0},
		{"11 minutes before", 11 * time.Minute, 0, 0},
		{"a moment less than 11 minutes before", 11*time.Minute - 1, 0, 1},
		{"a minute before", time.Minute, 0, 1},
		{"a moment before", 1, 0, 1},
		{"at that time", 0, 1, 0},
		{"a moment after", -1, 1, 0},
		{"a minute after", -time.Minute, 1, 0},
		{"when the predecessor is over", -25 * time.Minute, 1, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log, ignored journal
				time.Sleep(time.Hour)
				keys := []issue.Key{edKeyOf(0), edKeyOf(1).From(time.Now().Add(tc.from))}
				before := newIssuer[Claims](t, issue.Options{Logger: ignored.logger()}, keys...)
				token, _, err := before.Token(t.Context(), Claims{})
				if err != nil {
					t.Fatal(err)
				}
				after := newIssuer[Claims](t, issue.Options{Logger: log.logger()}, keys...)
				log.want(t, tc.name, tc.warns, 0)
				if tc.warns > 0 {
					for _, want := range []string{"issue: a key begins to sign before others may know it", "mend", "11 minutes ahead", strings.Fields(nameOf(keys[1]))[1]} {
						if !strings.Contains(log.String(), want) {
							t.Errorf("the record lacks %q: %s", want, &log)
						}
					}
				}
				if got, want := signedBy(t, after, Claims{}), nameOf(keys[tc.signs]); got != want {
					t.Errorf("%s signs, want %s", got, want)
				}
				if _, err := newAuth(t, after).Verify(t.Context(), token); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Until(time.Now().Add(max(tc.from, 0))))
				if got, want := signedBy(t, after, Claims{}), nameOf(keys[1]); got != want {
					t.Errorf("at From %s signs, want %s", got, want)
				}
				log.want(t, "at From", tc.warns, 0)
			})
		})
	}
}

// A clock that is set back, even to before all keys, makes nothing fail: the key of that time signs,
// and the keys that are published again are the same as then.
func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		in := func(d time.Duration) time.Time { return start.Add(d) }
		keys := []issue.Key{edKeyOf(0).From(start), edKeyOf(1).From(in(time.Hour)), edKeyOf(2).From(in(2 * time.Hour))}
		iss := newIssuer[Claims](t, issue.Options{}, keys...)
		for _, tc := range []struct {
			at    time.Duration
			signs int
			keys  int
		}{
			{0, 0, 3},
			{3 * time.Hour, 2, 1}, // set forward
			{90 * time.Minute, 1, 2},
			{time.Hour - 1, 0, 3},
			{time.Hour, 1, 3},
			{-24 * time.Hour, 0, 3},
			{2 * time.Hour, 2, 2},
			{0, 0, 3},
		} {
			signs, set := issue.At(iss, in(tc.at))
			if signs.String() != keys[tc.signs].String() || strings.Count(string(set), `"kid"`) != tc.keys {
				t.Errorf("at %v: %v signs, published %s", tc.at, signs, set)
			}
		}
	})
}

// The state is made anew at each From, and all goroutines see the same.
func TestConcurrentRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var keys []issue.Key
		for n := range 20 {
			keys = append(keys, edKeyOf(n).From(time.Now().Add(time.Duration(n)*time.Minute)))
		}
		iss := newIssuer[Claims](t, issue.Options{Lifetime: 3 * time.Minute, Logger: slog.New(slog.DiscardHandler)}, keys...)
		auth := newAuth(t, iss)
		var tasks sync.WaitGroup
		for range 8 {
			tasks.Go(func() {
				for range 80 {
					token, _, err := iss.Token(t.Context(), Claims{})
					if err != nil {
						t.Error(err)
						return
					}
					if _, err := auth.Verify(t.Context(), token); err != nil {
						t.Error(err)
					}
					get(iss.JWKS())
					time.Sleep(15 * time.Second)
				}
			})
		}
		tasks.Wait()
	})
}
