package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

const (
	openID  = "/.well-known/openid-configuration"
	rfc8414 = "/.well-known/oauth-authorization-server"
)

// metadata serves the metadata of an issuer, shortened.
func metadata(issuer, keys string) http.HandlerFunc {
	return text(fmt.Sprintf(`{"issuer":%q,"token_endpoint":"https://evil.example.com/token","jwks_uri":%q,"response_types_supported":["code"],"x":{"jwks_uri":"https://evil.example.com"}}`, issuer, keys))
}

// discover returns the source of an issuer. It is closed when the test ends.
func discover(t testing.TB, issuer string, opts jwks.Options) *jwks.Source {
	t.Helper()
	opts.Audience = []string{audience}
	source, err := jwks.Discover(issuer, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	return source
}

// wantAsked asserts which addresses were asked since the last call, in order.
func wantAsked(t testing.TB, w *web, want ...string) {
	t.Helper()
	if asked := w.take(); !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

// Metadata is looked for at the address of OpenID Connect Discovery 1.0 section 4, then at
// that of RFC 8414 section 3.
func TestWhereMetadataIs(t *testing.T) {
	const host = "https://issuer.example.com"
	const html = "<!doctype html><title>Sign in</title>"
	for _, tc := range []struct {
		name   string
		issuer string
		first  http.HandlerFunc // answers at the first address; nil if the metadata is there
		asked  []string         // without the address of the keys
	}{
		{"no path", host, nil, []string{host + openID}},
		{"a slash", host + "/", nil, []string{host + openID}},
		{"a path", host + "/tenant", nil, []string{host + "/tenant" + openID}},
		{"a path and a slash", host + "/tenant/v2.0/", nil, []string{host + "/tenant/v2.0" + openID}},
		{"an escaped path", host + "/a%2Fb/%C3%BC", nil, []string{host + "/a%2Fb/%C3%BC" + openID}},
		{"a port", host + ":8443", nil, []string{host + ":8443" + openID}},
		{"404", host, http.NotFound, []string{host + openID, host + rfc8414}},
		{"404, a slash", host + "/", http.NotFound, []string{host + openID, host + rfc8414}},
		{"404, a path", host + "/tenant", http.NotFound, []string{host + "/tenant" + openID, host + rfc8414 + "/tenant"}},
		{"404, a path and a slash", host + "/tenant/v2.0/", http.NotFound, []string{host + "/tenant/v2.0" + openID, host + rfc8414 + "/tenant/v2.0"}},
		{"500", host, status(500, ""), []string{host + openID, host + rfc8414}},
		{"HTML with 200", host + "/tenant", text(html), []string{host + "/tenant" + openID, host + rfc8414 + "/tenant"}},
		{"another issuer", host + "/tenant", metadata(host, keysURL), []string{host + "/tenant" + openID, host + rfc8414 + "/tenant"}},
		{"without keys", host, text(`{"issuer":"` + host + `"}`), []string{host + openID, host + rfc8414}},
		{"a redirect to another host", host, redirect("https://evil.example.com" + openID), []string{host + openID, host + rfc8414}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWeb()
			if tc.first != nil {
				w.put(tc.asked[0], tc.first)
			}
			w.put(tc.asked[len(tc.asked)-1], metadata(tc.issuer, keysURL))
			w.put(keysURL, text(keySet(edJWK("a", "a"))))
			source := discover(t, tc.issuer, through(w))
			wantAsked(t, w) // nothing is asked for before it is needed
			wantRefresh(t, source, "")
			wantAsked(t, w, append(tc.asked, keysURL)...)
			if source.Issuer() != tc.issuer {
				t.Errorf("Issuer() = %q", source.Issuer())
			}
			claims := providerClaims()
			claims["iss"] = tc.issuer
			auth, err := jwthttp.New[Claims](source, jwthttp.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := auth.Verify(t.Context(), signAs("EdDSA", "a", edKey("a"), claims)); err != nil {
				t.Error(err)
			}
		})
	}
}

// The source refuses this metadata, and never asks an address of keys in it.
func TestBadMetadata(t *testing.T) {
	const other = "pass Discover exactly the issuer that this metadata is of, if you trust it"
	const noIssuer = "it has no issuer: check the address"
	withKeys := func(keys string) string { return fmt.Sprintf(`{"issuer":%q,"jwks_uri":%s}`, issuer, keys) }
	withIssuer := func(issuer string) string { return fmt.Sprintf(`{"issuer":%s,"jwks_uri":%q}`, issuer, keysURL) }
	for _, tc := range []struct {
		name string
		body string
		want string
	}{
		{"issuer with a slash", withIssuer(`"` + issuer + `/"`), `pass Discover the issuer with the slash at the end that its metadata has; the metadata is of "` + issuer + `/", not "` + issuer + `"`},
		{"issuer in another case", withIssuer(`"https://Issuer.example.com"`), other},
		{"issuer of another scheme", withIssuer(`"http://issuer.example.com"`), other},
		{"issuer of another host", withIssuer(`"https://id.example.com"`), other + `, with this address as MetadataURL; the metadata is of "https://id.example.com", not "` + issuer + `";`},
		{"issuer with a port", withIssuer(`"` + issuer + `:443"`), other},
		{"issuer with a path", withIssuer(`"` + issuer + `/tenant"`), other + `; the metadata is of "` + issuer + `/tenant", not "` + issuer + `";`},
		{"issuer with a space", withIssuer(`" ` + issuer + `"`), other},
		{"issuer a template", withIssuer(`"https://issuer.example.com/{tenantid}/v2.0"`), "pass Discover the issuer of one tenant, with its id in place of the braces"},
		{"issuer empty", withIssuer(`""`), noIssuer},
		{"issuer null", withIssuer(`null`), noIssuer},
		{"issuer a number", withIssuer(`1`), "not JSON metadata"},
		{"issuer an array", withIssuer(`["` + issuer + `"]`), "not JSON metadata"},
		{"issuer missing", fmt.Sprintf(`{"jwks_uri":%q}`, keysURL), noIssuer},
		{"Issuer", fmt.Sprintf(`{"Issuer":%q,"jwks_uri":%q}`, issuer, keysURL), noIssuer},
		{"issuer twice", fmt.Sprintf(`{"issuer":"https://evil.example.com","issuer":%q,"jwks_uri":%q}`, issuer, keysURL), "not JSON metadata"},

		{"jwks_uri missing", fmt.Sprintf(`{"issuer":%q}`, issuer), "jwks_uri: \"\" does not begin with https://"},
		{"jwks_uri null", withKeys(`null`), "jwks_uri: \"\" does not begin with https://"},
		{"jwks_uri with a space", withKeys(`"https://issuer.example.com/keys "`), "it begins or ends with white space"},
		{"jwks_uri a template", withKeys(`"https://issuer.example.com/{tenantid}/keys"`), "it is a template"},
		{"jwks_uri a number", withKeys(`1`), "not JSON metadata"},
		{"jwks_uri relative", withKeys(`"/keys"`), "does not begin with https://"},
		{"jwks_uri without scheme", withKeys(`"//issuer.example.com/keys"`), "does not begin with https://"},
		{"jwks_uri no URL", withKeys(`":%"`), "it is not a URL"},
		{"jwks_uri plain http", withKeys(`"http://issuer.example.com/keys"`), "is plain http"},
		{"jwks_uri loopback", withKeys(`"http://127.0.0.1/keys"`), "has to name an https address"},
		{"jwks_uri localhost", withKeys(`"http://localhost:8080/keys"`), "has to name an https address"},
		{"jwks_uri of the cloud's own address", withKeys(`"http://169.254.169.254/latest/"`), "is plain http"},
		{"jwks_uri with a user", withKeys(`"https://alice@issuer.example.com/keys"`), "a user or password"},
		{"jwks_uri a file", withKeys(`"file:///etc/keys"`), "names no host"},
		{"jwks_uri a file of a host", withKeys(`"file://localhost/etc/keys"`), "not an https URL"},
		{"jwks_uri data", withKeys(`"data:application/json,{}"`), "does not begin with https://"},
		{"jwks_uri with a fragment", withKeys(`"https://issuer.example.com/keys#1"`), "has a fragment"},

		{"HTML", `<!doctype html><title>Sign in</title>`, "not JSON metadata"},
		{"null", `null`, noIssuer},
		{"an array", `[]`, "not JSON metadata"},
		{"a key set", keySet(edJWK("a", "a")), "it is a key set, not the metadata of an issuer: pass its address to New"},
		{"nothing", ``, "not JSON metadata"},
		{"truncated", strings.TrimSuffix(withIssuer(`"`+issuer+`"`), "}"), "not JSON metadata"},
		{"something after it", withIssuer(`"`+issuer+`"`) + "x", "not JSON metadata"},
		{"too much", withIssuer(`"`+issuer+`"`) + strings.Repeat(" ", 512<<10), "more than 512 KiB"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWeb()
			w.put(issuer+openID, text(tc.body))
			source := discover(t, issuer, through(w))
			wantRefresh(t, source, tc.want)
			wantRefresh(t, source, issuer+openID+": ")
			wantAsked(t, w, issuer+openID, issuer+rfc8414, issuer+openID, issuer+rfc8414)
		})
	}
}

// An issuer may name these addresses of keys, and no others.
func TestWhereKeysAre(t *testing.T) {
	for _, tc := range []struct{ name, issuer, keys string }{
		{"another host", issuer, "https://keys.example.net/v1/certs"},
		{"another port and a query", issuer, "https://issuer.example.com:8443/keys?p=b2c_1"},
		{"plain http, all on this machine", "http://127.0.0.1:8080/realm", "http://localhost:8081/keys"},
		{"up to https", "http://localhost:8080", keysURL},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWeb()
			w.put(tc.issuer+openID, metadata(tc.issuer, tc.keys))
			where, _, _ := strings.Cut(tc.keys, "?")
			w.put(where, text(keySet(edJWK("a", "a"))))
			source := discover(t, tc.issuer, through(w))
			wantRefresh(t, source, "")
			wantAsked(t, w, tc.issuer+openID, tc.keys)
		})
	}
	t.Run("plain http to another host is refused on this machine too", func(t *testing.T) {
		w := newWeb()
		const local = "http://127.0.0.1:8080"
		w.put(local+openID, metadata(local, "http://issuer.example.com/keys"))
		wantRefresh(t, discover(t, local, through(w)), "is plain http")
		wantAsked(t, w, local+openID, local+rfc8414)
	})
	t.Run("metadata of other writers", func(t *testing.T) {
		for _, body := range []string{
			"\ufeff" + `{"issuer":"` + issuer + `","jwks_uri":"` + keysURL + `"}`,
			`{"x":"` + "\xff" + `","issuer":"` + issuer + `","y":{"a":1,"a":2},"jwks_uri":"` + keysURL + `"}`,
			`{"\u0069ssuer":"https:\/\/issuer.example.com","jwks_uri":"` + keysURL + `","jwks":null}`,
		} {
			w := newWeb()
			w.put(issuer+openID, text(body))
			w.put(keysURL, text("\ufeff"+keySet(edJWK("a", "a"))))
			wantRefresh(t, discover(t, issuer, through(w)), "")
			wantAsked(t, w, issuer+openID, keysURL)
		}
	})
	t.Run("over a network", func(t *testing.T) {
		var page http.HandlerFunc
		server := serveTLS(t, func(w http.ResponseWriter, r *http.Request) { page(w, r) })
		page = func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case openID:
				metadata(server.URL, server.URL+"/keys")(w, r)
			case "/keys":
				text(keySet(edJWK("a", "a")))(w, r)
			}
		}
		source := discover(t, server.URL, jwks.Options{Client: server.Client()})
		wantRefresh(t, source, "")
		if keys, err := source.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: "EdDSA", KeyID: "a"}); err != nil || len(keys) != 1 {
			t.Errorf("Keys: %v, %v", keys, err)
		}
	})
}

// Metadata and keys have 5 seconds together.
func TestDiscoveryTakesFiveSeconds(t *testing.T) {
	for _, tc := range []struct {
		name                  string
		openID, rfc8414, keys time.Duration
		want                  error
		takes                 time.Duration
	}{
		{"in time", 2 * time.Second, 0, 2 * time.Second, nil, 4 * time.Second},
		{"too slow together", 3 * time.Second, 0, 3 * time.Second, context.DeadlineExceeded, 5 * time.Second},
		{"metadata too slow", 6 * time.Second, 0, 0, context.DeadlineExceeded, 5 * time.Second},
		{"the second place too slow", -2 * time.Second, 4 * time.Second, 0, context.DeadlineExceeded, 5 * time.Second},
		{"the second place in time", -2 * time.Second, time.Second, time.Second, nil, 4 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWeb()
				page := metadata(issuer, keysURL)
				w.put(issuer+openID, after(tc.openID, page))
				if tc.openID < 0 {
					w.put(issuer+openID, after(-tc.openID, http.NotFound))
				}
				w.put(issuer+rfc8414, after(tc.rfc8414, page))
				w.put(keysURL, after(tc.keys, text(keySet(edJWK("a", "a")))))
				source := discover(t, issuer, through(w))
				start := time.Now()
				if err := source.Refresh(t.Context()); !errors.Is(err, tc.want) || time.Since(start) != tc.takes {
					t.Errorf("after %v: %v, want %v after %v", time.Since(start), err, tc.want, tc.takes)
				}
			})
		})
	}
}

// A place that gives no answer keeps the other one from being asked in one fetch only.
func TestMetadataHangs(t *testing.T) {
	const inTime = "it did not answer in full in its time, 5 seconds with the metadata: check the address, and the network and the proxies on the way"
	hang, page := after(time.Hour, http.NotFound), metadata(issuer, keysURL)
	keys := text(keySet(edJWK("a", "a")), "Cache-Control: max-age=3600")
	t.Run("the first place", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWeb()
			w.put(issuer+openID, hang)
			w.put(issuer+rfc8414, page)
			w.put(keysURL, keys)
			source := discover(t, issuer, through(w))
			wantRefresh(t, source, issuer+openID+": "+inTime)
			wantAsked(t, w, issuer+openID)
			time.Sleep(2 * time.Second) // the source has tried again by itself
			wantAsked(t, w, issuer+rfc8414, keysURL)
			wantToken(t, source, token("a"), nil)
			wantRefresh(t, source, "")
			wantAsked(t, w, issuer+rfc8414, keysURL)

			// Both places change their roles, while the keys are known.
			w.put(issuer+openID, page)
			w.put(issuer+rfc8414, hang)
			wantRefresh(t, source, issuer+rfc8414+": "+inTime)
			wantAsked(t, w, issuer+rfc8414, keysURL)
			wantRefresh(t, source, "")
			wantAsked(t, w, issuer+openID, keysURL)
		})
	})
	t.Run("the second place", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			w := newWeb()
			w.put(issuer+openID, status(503, ""))
			w.put(issuer+rfc8414, hang)
			w.put(keysURL, keys)
			source := discover(t, issuer, through(w))
			wantRefresh(t, source, inTime)
			wantAsked(t, w, issuer+openID, issuer+rfc8414)
			w.put(issuer+openID, page)
			wantRefresh(t, source, "")
			wantAsked(t, w, issuer+openID, keysURL)
		})
	})
	t.Run("the only place", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			const only = "https://metadata.example.com/"
			w := newWeb()
			w.put(only, hang)
			opts := through(w)
			opts.MetadataURL = only
			source := discover(t, issuer, opts)
			wantRefresh(t, source, inTime)
			w.put(only, page)
			w.put(keysURL, keys)
			wantRefresh(t, source, "")
			wantAsked(t, w, only, only, keysURL)
		})
	})
}

// Metadata is asked for in these cases:
//
//   - before the first fetch
//   - after a fetch that failed
//   - by Refresh
//   - for an unknown key
//   - for a failed signature
//   - once a day
func TestKeysMove(t *testing.T) {
	const newKeys = "https://keys.example.net/new"
	first, second := text(keySet(edJWK("a", "a")), `ETag: "1"`), text(keySet(edJWK("b", "b")))
	for _, tc := range []struct {
		name string
		old  http.HandlerFunc // answers at the old address from then on
	}{
		{"the old address is gone", status(404, "")},
		{"the old address is down", status(503, "")},
		{"the old address redirects", redirect(newKeys)},
		{"the old address has HTML", text("<!doctype html>")},
		{"the old address has no keys", text(keySet())},
		{"the old address has keys of no use", text(keySet(with(edJWK("a", "a"), `"use":"enc"`)))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWeb()
				w.put(issuer+openID, metadata(issuer, keysURL))
				w.put(keysURL, first)
				source := discover(t, issuer, through(w))
				wantRefresh(t, source, "")
				wantAsked(t, w, issuer+openID, keysURL)
				awaitRenewal(source)
				wantAsked(t, w, keysURL)

				w.put(issuer+openID, metadata(issuer, newKeys))
				w.put(newKeys, second)
				w.put(keysURL, tc.old)
				awaitRenewal(source)
				wantAsked(t, w, keysURL)
				wantError(t, source.Stats().LastError, nil, keysURL)
				wantToken(t, source, token("a"), nil)
				awaitRenewal(source)
				wantAsked(t, w, issuer+openID, newKeys)
				wantToken(t, source, token("b"), nil)
				awaitRenewal(source)
				wantAsked(t, w, newKeys)
			})
		})
	}

	// The old address still answers, and its validator still matches.
	stuck := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		first(w, r)
	}
	for name, ask := range map[string]func(*testing.T, *jwks.Source){
		"by Refresh":             func(t *testing.T, s *jwks.Source) { wantRefresh(t, s, "") },
		"for an unknown key":     func(t *testing.T, s *jwks.Source) { wantToken(t, s, token("b"), nil) },
		"for a failed signature": func(t *testing.T, s *jwks.Source) { wantToken(t, s, signed("c", "a"), nil) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWeb()
				w.put(issuer+openID, metadata(issuer, keysURL))
				w.put(keysURL, stuck)
				source := discover(t, issuer, through(w))
				wantRefresh(t, source, "")
				w.put(issuer+openID, metadata(issuer, newKeys))
				var conditions []string
				w.put(newKeys, func(w http.ResponseWriter, r *http.Request) {
					conditions = append(conditions, r.Header.Get("If-None-Match")+r.Header.Get("Cache-Control"))
					text(keySet(edJWK("b", "b"), edJWK("c", "a")))(w, r)
				})
				w.take()
				ask(t, source)
				wantAsked(t, w, issuer+openID, newKeys)
				wantToken(t, source, token("b"), nil)
				wantToken(t, source, signed("c", "a"), nil)
				if len(conditions) != 1 || conditions[0] != "no-cache" {
					t.Errorf("asked with %q", conditions)
				}
				wantAsked(t, w)
			})
		})
	}
}

// At least once a day, metadata is asked for and the keys are asked for without a condition,
// however long they are fresh. That does not happen much more often.
func TestWholeFetchEveryDay(t *testing.T) {
	const days = 20
	for _, tc := range []struct {
		maxAge string
		most   int // the largest number of whole fetches
	}{
		{"300", days + 2}, {"900", days + 2}, {"3600", days + 2}, {"36000", 2 * days}, {"86400", 2*days + 1},
	} {
		t.Run(tc.maxAge, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWeb()
				var asked, whole []time.Time
				conditional := 0
				w.put(issuer+openID, func(w http.ResponseWriter, r *http.Request) {
					asked = append(asked, time.Now())
					metadata(issuer, keysURL)(w, r)
				})
				w.put(keysURL, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Cache-Control", "max-age="+tc.maxAge)
					if r.Header.Get("If-Modified-Since") != "" {
						conditional++
						w.WriteHeader(http.StatusNotModified) // always
						return
					}
					if r.Header.Get("Cache-Control") == "no-cache" {
						whole = append(whole, time.Now())
					}
					text(keySet(edJWK("a", "a")), "Last-Modified: Mon, 02 Jan 2006 15:04:05 GMT")(w, r)
				})
				source := discover(t, issuer, through(w))
				wantRefresh(t, source, "")
				time.Sleep(days * 24 * time.Hour)
				synctest.Wait()
				if !slices.Equal(asked, whole) {
					t.Errorf("metadata %v, unconditional %v", asked, whole)
				}
				for i, at := range append(whole[1:], time.Now()) {
					if gap := at.Sub(whole[i]); gap > 24*time.Hour {
						t.Errorf("%v without a whole fetch", gap)
					}
				}
				if len(whole) > tc.most {
					t.Errorf("%d whole fetches in %d days", len(whole), days)
				}
				if (conditional == 0) != (tc.maxAge == "86400") {
					t.Errorf("%d conditional fetches", conditional)
				}
			})
		})
	}
	// Instances that started at the same time do not all ask at the same time a day later.
	t.Run("spread", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			const instances = 100
			var mu sync.Mutex
			count := map[time.Time]int{}
			w := newWeb()
			w.put(issuer+openID, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				count[time.Now().Truncate(time.Minute)]++
				mu.Unlock()
				metadata(issuer, keysURL)(w, r)
			})
			w.put(keysURL, text(keySet(edJWK("a", "a")), "Cache-Control: max-age=3600"))
			for range instances {
				wantRefresh(t, discover(t, issuer, through(w)), "")
			}
			synctest.Wait()
			clear(count)
			time.Sleep(25 * time.Hour)
			synctest.Wait()
			total := 0
			for at, n := range count {
				if total += n; n > 15 { // 2 are expected, because they are spread over 54 minutes
					t.Errorf("%d of %d at %v", n, instances, at)
				}
			}
			if total < instances {
				t.Errorf("%d of %d instances asked", total, instances)
			}
		})
	})
}

// Keys with a known address are renewed while the metadata cannot be read.
func TestMetadataDown(t *testing.T) {
	for _, tc := range []struct {
		name string
		page http.HandlerFunc
	}{
		{"with a 503", status(503, "")},
		{"without an answer", after(time.Hour, status(503, ""))},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWeb()
				w.put(issuer+openID, metadata(issuer, keysURL))
				w.put(keysURL, text(keySet(edJWK("a", "a"))))
				opts, told := through(w), events{}
				opts.OnEvent = told.add
				source := discover(t, issuer, opts)
				wantRefresh(t, source, "")
				w.put(issuer+openID, tc.page)
				w.put(keysURL, text(keySet(edJWK("b", "b"))))
				w.take()
				time.Sleep(25 * time.Hour)
				if !slices.Contains(w.take(), issuer+openID) {
					t.Error("metadata were not asked for")
				}
				wantToken(t, source, token("b"), nil)
				if stats := source.Stats(); stats.LastError != nil || !stats.LastFailure.IsZero() {
					t.Errorf("Stats: %+v", stats)
				}
				if !strings.Contains(told.take(), "failed, fetched") {
					t.Error("no event reports that the metadata cannot be read")
				}
				// Each renewal asks for the metadata until it can be read again, and then no
				// more.
				w.take()
				awaitRenewal(source)
				time.Sleep(5 * time.Second)
				if !slices.Contains(w.take(), issuer+openID) {
					t.Error("metadata were not asked for again")
				}
				w.put(issuer+openID, metadata(issuer, keysURL))
				awaitRenewal(source)
				if asked := w.take(); len(asked) < 2 || !slices.Equal(asked[len(asked)-2:], []string{issuer + openID, keysURL}) {
					t.Errorf("asked %q", asked)
				}
				awaitRenewal(source)
				wantAsked(t, w, keysURL)
			})
		})
	}
}

// If metadata and keys fail, the error has a text for each, on one line. A long text leaves room
// for the others.
func TestAllErrors(t *testing.T) {
	long := strings.Repeat("é", 300)
	for _, tc := range []struct {
		name string
		keys http.HandlerFunc
		want string
	}{
		{"keys missing", http.NotFound, "it answered with status 404"},
		{"keys in HTML", text("<html>"), "it is HTML or XML, not a key set"},
		{"many odd keys", text(keySet(slicesOf(200, `{"kid":"`+long+`","use":"enc"}`)...)), "it has no key that can be used; key 1 (kid "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWeb()
				w.put(issuer+openID, metadata(issuer, keysURL))
				opts, told := through(w), events{}
				opts.OnEvent = told.add
				source := discover(t, issuer, opts)
				wantRefresh(t, source, "jwks: "+keysURL+": it answered with status 404")
				w.put(issuer+openID, metadata(issuer+"/"+long, keysURL))
				w.put(issuer+rfc8414, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Location", "https://"+long+".example.com/")
					w.WriteHeader(302)
				})
				w.put(keysURL, tc.keys)
				synctest.Wait()
				told.take()
				err := source.Refresh(t.Context())
				for _, sentence := range []string{
					"jwks: " + issuer + openID + ": pass Discover exactly the issuer that this metadata is of, if you trust it; the metadata is of \"https://",
					"; " + issuer + rfc8414 + ": it redirects to another host or scheme, which is not followed: if you trust that one, use its address",
					"; " + keysURL + ": " + tc.want,
				} {
					wantError(t, err, nil, sentence)
				}
				if message := fmt.Sprint(err); len(message) > 4*256+len("jwks: ; ; ; ") || strings.ContainsAny(message, "\r\n") {
					t.Errorf("%d bytes: %q", len(message), message)
				}
				if stats := source.Stats(); stats.LastError != err {
					t.Errorf("Stats has %v", stats.LastError)
				}
				synctest.Wait()
				told.mu.Lock()
				defer told.mu.Unlock()
				if len(told.list) != 1 || told.list[0].Err != err {
					t.Errorf("told %v", told.list)
				}
			})
		})
	}
}

// Tokens must carry the discovered issuer and the audience.
func TestDiscoveredIssuer(t *testing.T) {
	const slash = issuer + "/"
	w := newWeb()
	w.put(issuer+openID, metadata(slash, keysURL))
	w.put(keysURL, text(keySet(edJWK("a", "a"))))
	opts := through(w)
	opts.Audience = []string{audience}
	source, err := jwks.Discover(slash, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	opts.Audience[0] = "billing" // too late
	auth, err := jwthttp.New[Claims](source, jwthttp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name     string
		iss, aud any
		want     error
	}{
		{"both", slash, audience, nil},
		{"one of several audiences", slash, []string{"billing", audience}, nil},
		{"iss without the slash", issuer, audience, jwt.ErrTokenInvalidIssuer},
		{"iss in another case", strings.ToUpper(slash), audience, jwt.ErrTokenInvalidIssuer},
		{"iss of another", "https://evil.example.com/", audience, jwt.ErrTokenInvalidIssuer},
		{"iss the address of the keys", keysURL, audience, jwt.ErrTokenInvalidIssuer},
		{"aud of another", slash, "billing", jwt.ErrTokenInvalidAudience},
		{"aud in another case", slash, strings.ToUpper(audience), jwt.ErrTokenInvalidAudience},
		{"aud empty", slash, []string{}, jwt.ErrTokenInvalidAudience},
		{"no iss", nil, audience, jwthttp.ErrInvalidToken},
		{"no aud", slash, nil, jwthttp.ErrInvalidToken},
	} {
		t.Run(tc.name, func(t *testing.T) {
			claims := providerClaims()
			for name, value := range map[string]any{"iss": tc.iss, "aud": tc.aud} {
				if claims[name] = value; value == nil {
					delete(claims, name)
				}
			}
			_, err := auth.Verify(t.Context(), signAs("EdDSA", "a", edKey("a"), claims))
			if !errors.Is(err, tc.want) || tc.want != nil && !errors.Is(err, jwthttp.ErrInvalidToken) {
				t.Errorf("error = %v, want %v", err, tc.want)
			}
		})
	}
}

// A source has the keys of one issuer. jwthttp.New refuses it if another issuer is wanted.
func TestSourceOfAnotherIssuer(t *testing.T) {
	source := discover(t, issuer, through(newWeb()))
	for _, tc := range []struct {
		name string
		keys jwthttp.KeySource
		opts jwthttp.Options
		want string
	}{
		{"the same", source, jwthttp.Options{Issuer: issuer}, ""},
		{"the same in Issuers", jwthttp.Issuers{issuer: source}, jwthttp.Options{}, ""},
		{"a slash", source, jwthttp.Options{Issuer: issuer + "/"}, "a slash at the end counts"},
		{"a slash in Issuers", jwthttp.Issuers{issuer + "/": source}, jwthttp.Options{}, "a slash at the end counts"},
		{"another in Issuers", jwthttp.Issuers{issuer: source, "https://a.example.com": source}, jwthttp.Options{}, `"https://a.example.com"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := jwthttp.New[Claims](tc.keys, tc.opts)
			if tc.want != "" {
				wantError(t, err, nil, tc.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// A token never decides what is fetched. Only configured addresses are.
func TestTokensLeadNowhere(t *testing.T) {
	const evil = "https://evil.example.com"
	jku := `"jku":"` + evil + `/keys","x5u":"` + evil + `/keys","jwk":` + edJWK("evil", "evil")
	elsewhere := providerClaims()
	elsewhere["iss"] = evil
	tokens := []struct {
		name  string
		token string
		want  error
	}{
		{"good", token("a"), nil},
		{"good with jku", signAs("EdDSA", "a", edKey("a"), providerClaims(), jku), nil},
		{"forged with jku", signAs("EdDSA", "evil", edKey("evil"), providerClaims(), jku), jwthttp.ErrUnknownKey},
		{"forged with jku and a known kid", signAs("EdDSA", "a", edKey("evil"), providerClaims(), jku), jwt.ErrTokenSignatureInvalid},
		{"another iss", signAs("EdDSA", "evil", edKey("evil"), elsewhere, jku), jwthttp.ErrUnknownKey},
		{"another iss and a known kid", signAs("EdDSA", "a", edKey("evil"), elsewhere, jku), jwthttp.ErrInvalidToken},
		{"an address as kid", tokenOf("EdDSA", evil+"/keys", edKey("evil")), jwthttp.ErrUnknownKey},
	}
	for _, tc := range []struct {
		name  string
		keys  func(*jwks.Source) jwthttp.KeySource
		asked []string
	}{
		{"a source", func(s *jwks.Source) jwthttp.KeySource { return s }, []string{issuer + openID, keysURL}},
		{"Issuers", func(s *jwks.Source) jwthttp.KeySource { return jwthttp.Issuers{issuer: s} }, []string{issuer + openID, keysURL}},
	} {
		w := newWeb()
		for _, page := range []string{"", "/", "/keys", openID, rfc8414} {
			w.put(evil+page, metadata(evil, evil+"/keys"))
		}
		w.put(evil+"/keys", text(keySet(edJWK("evil", "evil"))))
		w.put(issuer+openID, metadata(issuer, keysURL))
		w.put(keysURL, text(keySet(edJWK("a", "a"))))
		auth, err := jwthttp.New[Claims](tc.keys(discover(t, issuer, through(w))), jwthttp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range tokens {
			t.Run(tc.name+", "+token.name, func(t *testing.T) {
				if _, err := auth.Verify(t.Context(), token.token); !errors.Is(err, token.want) {
					t.Errorf("error = %v, want %v", err, token.want)
				}
			})
		}
		// Unknown kids and failed signatures start a fetch. The first fetch and a budget of
		// four are allowed.
		asked := w.take()
		if len(asked) > 5*len(tc.asked) {
			t.Errorf("%s: asked %d times", tc.name, len(asked))
		}
		slices.Sort(asked)
		if asked := slices.Compact(asked); !slices.Equal(asked, tc.asked) {
			t.Errorf("%s: asked %q, want %q", tc.name, asked, tc.asked)
		}
	}
}
