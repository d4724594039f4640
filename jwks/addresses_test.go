package jwks_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

const insecure = "use https, or set Options.AllowInsecureHTTP"

// Without the option, plain http is for loopback alone. With it, every address may be plain http.
func TestAllowInsecureHTTP(t *testing.T) {
	const compose = "http://keycloak:8080/realms/shop"
	for _, tc := range []struct {
		name        string
		issuer      string
		metadataURL string
		keys        string
		want        string // without the option
	}{
		{"all of them", compose, "", "http://keycloak:8080/realms/shop/certs", "the issuer: " + insecure + ": \"" + compose + "\" is plain http"},
		{"an address of a private network", "http://10.0.0.7", "", "http://10.0.0.8/keys", "the issuer: " + insecure + ": \"http://10.0.0.7\" is plain http"},
		{"of the metadata alone", issuer, "http://keycloak:8080" + openID, keysURL, "Options.MetadataURL: " + insecure + ": \"http://keycloak:8080" + openID + "\" is plain http"},
		{"of the keys alone", issuer, "", "http://keycloak:8080/certs", "jwks_uri: " + insecure + ": \"http://keycloak:8080/certs\" is plain http"},
		{"of the keys alone, on this machine", issuer, "", "http://127.0.0.1/certs", "jwks_uri: \"http://127.0.0.1/certs\" is plain http, and the metadata is not: the issuer has to name an https address, or set Options.AllowInsecureHTTP"},
		{"of the keys beyond this machine", "http://127.0.0.1:8080", "", "http://keycloak:8080/certs", "jwks_uri: " + insecure + ": \"http://keycloak:8080/certs\" is plain http"},
		{"on this machine", "http://127.0.0.1:8080", "", "http://127.0.0.1:8081/certs", ""},
	} {
		metadataAt := tc.metadataURL
		if metadataAt == "" {
			metadataAt = tc.issuer + openID
		}
		for _, allowed := range []bool{false, true} {
			name, want := tc.name+", not allowed", tc.want
			if allowed {
				name, want = tc.name+", allowed", ""
			}
			t.Run(name, func(t *testing.T) {
				w := newWeb()
				w.put(metadataAt, metadata(tc.issuer, tc.keys))
				w.put(tc.keys, text(keySet(edJWK("a", "a"))))
				opts := through(w)
				opts.Audience, opts.MetadataURL, opts.AllowInsecureHTTP = []string{audience}, tc.metadataURL, allowed
				source, err := jwks.Discover(tc.issuer, opts)
				if err == nil {
					defer source.Close()
					err = source.Refresh(t.Context())
				}
				asked := w.take()
				if want == "" {
					if err != nil || len(asked) != 2 || asked[0] != metadataAt || asked[1] != tc.keys {
						t.Errorf("asked %q, %v", asked, err)
					}
					return
				}
				wantError(t, err, nil, want)
				for _, address := range asked {
					if address == tc.keys {
						t.Errorf("asked %q", asked)
					}
				}
			})
		}
	}

	t.Run("New", func(t *testing.T) {
		w := newWeb()
		w.put("http://keycloak:8080/certs", text(keySet(edJWK("a", "a"))))
		opts := through(w)
		opts.AllowInsecureHTTP = true
		source := open(t, "http://keycloak:8080/certs", opts)
		wantRefresh(t, source, "")
		wantToken(t, source, token("a"), nil)
	})
	for name, url := range map[string]string{
		"ftp": "ftp://keycloak/certs", "a user": "http://alice:s3cret@keycloak/certs", "no host": "http:///certs", "a fragment": "http://keycloak/certs#s3cret",
	} {
		t.Run("New "+name, func(t *testing.T) {
			opts := jwks.Options{Issuer: issuer, Audience: []string{audience}, AllowInsecureHTTP: true}
			wantMistakes(t, func() (*jwks.Source, error) { return jwks.New(url, opts) }, "")
		})
	}
	for _, tc := range []struct{ name, from, to string }{
		{"from https down to http", "https://keycloak/keys", "http://keycloak/new"},
		{"from https down to http of another host", "https://keycloak/keys", "http://other/new"},
		{"from http to another host", "http://keycloak/keys", "http://other/new"},
		{"from http to another port", "http://keycloak/keys", "http://keycloak:81/new"},
		{"from http up to https", "http://keycloak/keys", "https://keycloak/new"},
	} {
		t.Run("a redirect "+tc.name, func(t *testing.T) {
			w := newWeb()
			w.put(tc.from, redirect(tc.to))
			w.put(tc.to, text(keySet(edJWK("a", "a"))))
			opts := through(w)
			opts.AllowInsecureHTTP = true
			wantRefresh(t, open(t, tc.from, opts), "it redirects to another host or scheme, which is not followed")
			wantAsked(t, w, tc.from)
		})
	}
}

// With MetadataURL, that address alone is asked, and its issuer is compared.
func TestMetadataURL(t *testing.T) {
	const elsewhere = "https://login.example.net/tenant/v2.0" + openID
	const b2c = elsewhere + "?p=B2C_1_s3cret"
	for _, tc := range []struct {
		name   string
		issuer string
		url    string
		theirs string // the issuer in the metadata
		want   string
	}{
		{"at another host", issuer, elsewhere, issuer, ""},
		{"with a query", issuer, b2c, issuer, ""},
		{"of Kubernetes", "https://kubernetes.default.svc.cluster.local", "https://10.96.0.1" + openID, "https://kubernetes.default.svc.cluster.local", ""},
		{"by kubectl proxy", "https://kubernetes.default.svc.cluster.local", "http://127.0.0.1:8001" + openID, "https://kubernetes.default.svc.cluster.local", ""},
		{"of SPIFFE", "spiffe://example.org", elsewhere, "spiffe://example.org", ""},
		{"of a plain name", "shop", elsewhere, "shop", ""},
		{"of an http issuer", "http://keycloak:8080/realms/shop", elsewhere, "http://keycloak:8080/realms/shop", ""},
		{"with any path", issuer, "https://login.example.net/", issuer, ""},
		{"another issuer", issuer, b2c, "https://evil.example.com", "pass Discover exactly the issuer that this metadata is of, if you trust it; the metadata is of \"https://evil.example.com\", not \"" + issuer + "\""},
		{"a slash", issuer, b2c, issuer + "/", "pass Discover the issuer with the slash at the end that its metadata has"},
		{"a plain name in another case", "shop", b2c, "Shop", "pass Discover exactly the issuer"},
		{"no issuer", issuer, b2c, "", "it is not the metadata of an issuer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			where, _, _ := strings.Cut(tc.url, "?")
			w := newWeb()
			w.put(where, metadata(tc.theirs, keysURL))
			w.put(keysURL, text(keySet(edJWK("a", "a"))))
			for _, fallback := range []string{issuer + openID, issuer + rfc8414} { // nobody asks these
				w.put(fallback, metadata(tc.issuer, keysURL))
			}
			opts := through(w)
			opts.MetadataURL = tc.url
			source := discover(t, tc.issuer, opts)
			if tc.want != "" {
				wantRefresh(t, source, tc.want)
				wantAsked(t, w, tc.url)
				return
			}
			wantRefresh(t, source, "")
			wantAsked(t, w, tc.url, keysURL)
			auth := must(newAuth(source))
			for iss, want := range map[string]int{tc.issuer: 200, "https://evil.example.com": 401} {
				claims := providerClaims()
				claims["iss"] = iss
				d := &service{source, auth}
				d.want(t, want, signAs("EdDSA", "a", edKey("a"), claims))
			}
			wantRefresh(t, source, "")
			wantAsked(t, w, tc.url, keysURL)
		})
	}

	t.Run("the query is secret", func(t *testing.T) {
		for name, page := range map[string]http.HandlerFunc{
			"a status": status(500, ""), "a redirect": redirect("https://evil.example.com/?s3cret"), "HTML": text("<html>"), "another issuer": metadata("x", keysURL), "a key set": text(keySet(edJWK("a", "a"))),
		} {
			t.Run(name, func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := newWeb()
					w.put(elsewhere, page)
					var log journal
					opts := through(w)
					opts.MetadataURL, opts.Logger = b2c, log.logger(slog.LevelDebug)
					source := discover(t, issuer, opts)
					err := source.Refresh(t.Context())
					wantError(t, err, nil, "jwks: "+elsewhere+": ")
					_, errKeys := source.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: "EdDSA"})
					wantAsked(t, w, b2c)
					for _, text := range []string{err.Error(), errKeys.Error(), log.take()} {
						if strings.Contains(text, "s3cret") {
							t.Errorf("the query is shown: %s", text)
						}
					}
				})
			})
		}
	})

	for _, tc := range []struct {
		name   string
		issuer string
		url    string
		want   []string
	}{
		{"no issuer", "", elsewhere, []string{"the issuer is empty: pass Discover the iss of the tokens"}},
		{"an issuer with a space", issuer + " ", elsewhere, []string{"the issuer: it begins or ends with white space"}},
		{"a name with a line break", "\nshop", elsewhere, []string{"the issuer: it begins or ends with white space"}},
		{"a template", "https://login.example.net/{tenantid}/v2.0", elsewhere, []string{"the issuer: it is a template"}},
		{"a long issuer", strings.Repeat("a", 257), elsewhere, []string{"more than 256 bytes"}},
		{"an issuer that is not UTF-8", "\xff", elsewhere, []string{"is not UTF-8"}},
		{"plain http", issuer, "http://login.example.net" + openID + "?s3cret", []string{`Options.MetadataURL: ` + insecure + `: "http://login.example.net` + openID + `" is plain http`}},
		{"a path", issuer, openID, []string{"Options.MetadataURL: \"" + openID + "\" does not begin with https://: write it like https://issuer.example.com" + openID}},
		{"a space", issuer, elsewhere + "?s3cret ", []string{"Options.MetadataURL: it begins or ends with white space"}},
		{"a template in it", issuer, "https://login.example.net/{tenantid}" + openID, []string{"Options.MetadataURL: it is a template"}},
		{"a fragment", issuer, elsewhere + "#s3cret", []string{"has a fragment (#): leave it out"}},
		{"a password", issuer, "https://alice:s3cret@login.example.net" + openID, []string{"Options.MetadataURL: it has a user or password"}},
		{"both wrong", " ", "file:///etc/metadata", []string{"the issuer: it begins or ends", "Options.MetadataURL: \"file:///etc/metadata\" names no host"}},
	} {
		t.Run("mistake, "+tc.name, func(t *testing.T) {
			opts := jwks.Options{Audience: []string{audience}, MetadataURL: tc.url}
			wantMistakes(t, func() (*jwks.Source, error) { return jwks.Discover(tc.issuer, opts) }, tc.want...)
		})
	}
	t.Run("mistake, New", func(t *testing.T) {
		opts := jwks.Options{Issuer: issuer, Audience: []string{audience}, MetadataURL: elsewhere}
		wantMistakes(t, func() (*jwks.Source, error) { return jwks.New(keysURL, opts) }, "Options.MetadataURL is set, but New has the address of the keys: use Discover")
	})
}
