package recipes

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/ssh"

	"golang.org/x/oauth2"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cookie"
	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/jwks"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

func send(h http.Handler, method, path string, lines ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "https://api.example.com"+path, nil)
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func wants(t *testing.T, w *httptest.ResponseRecorder, status int, text string) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), text) {
		t.Errorf("%d %s, want %d with %q", w.Code, w.Body, status, text)
	}
}

// sendFirst is send for the first token of an issuer. On a busy machine the keys may come late, and the
// answer is a 503 then.
func sendFirst(h http.Handler, path, authorization string) *httptest.ResponseRecorder {
	deadline := time.Now().Add(30 * time.Second)
	w := send(h, "GET", path, authorization)
	for w.Code == 503 && time.Now().Before(deadline) {
		time.Sleep(100 * time.Millisecond)
		w = send(h, "GET", path, authorization)
	}
	return w
}

// A table is a database with one table, from issuers to audiences.
type table map[string]string

func (t table) Connect(context.Context) (driver.Conn, error) { return t, nil }
func (t table) Driver() driver.Driver                        { return nil }
func (t table) Prepare(string) (driver.Stmt, error)          { return nil, driver.ErrSkip }
func (t table) Begin() (driver.Tx, error)                    { return nil, driver.ErrSkip }
func (t table) Close() error                                 { return nil }

func (t table) QueryContext(_ context.Context, _ string, args []driver.NamedValue) (driver.Rows, error) {
	if audience, ok := t[args[0].Value.(string)]; ok {
		return &rows{audience}, nil
	}
	return &rows{}, nil
}

// rows are those that are left, of one column.
type rows []string

func (r *rows) Columns() []string { return []string{"audience"} }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(row []driver.Value) error {
	if len(*r) == 0 {
		return io.EOF
	}
	row[0], *r = (*r)[0], (*r)[1:]
	return nil
}

// inProcess is a RoundTripper that calls a handler.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.RequestURI = r.URL.RequestURI()
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w.Result(), nil
}

var ok = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok")) })

func TestRecipes(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	noAudience := []jwthttptest.TokenOption{jwthttptest.Claim("aud", nil)} // most recipes configure no audience
	token := func(options ...jwthttptest.TokenOption) string {
		return iss.Token(t, Claims{Subject: "alice"}, append(noAudience, options...)...)
	}
	bearer := func(options ...jwthttptest.TokenOption) string {
		return "Authorization: Bearer " + token(options...)
	}
	good := bearer()

	t.Run("header or cookie", func(t *testing.T) {
		h := headerOrCookie(iss.RS256())
		wants(t, send(h, "GET", "/", good), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/", "Cookie: __Host-token="+token()), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/", good, "Cookie: __Host-token=x"), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/", bearer(jwthttptest.Expired), "Cookie: __Host-token="+token()), 401, "expired")
		wants(t, send(h, "GET", "/"), 401, "")
	})
	t.Run("rotation", func(t *testing.T) {
		t.Chdir(t.TempDir())
		before := jwthttptest.NewIssuer(t)
		for file, iss := range map[string]*jwthttptest.Issuer{"jwt_key.pub": iss, "jwt_key_before.pub": before} {
			public, err := ssh.NewPublicKey(iss.PublicKey())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, ssh.MarshalAuthorizedKey(public), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		h := rotation()
		signed := func(iss *jwthttptest.Issuer, kid any) string {
			return "Authorization: Bearer " + iss.Token(t, Claims{Subject: "alice"}, append(noAudience, jwthttptest.Header("kid", kid))...)
		}
		wants(t, send(h, "GET", "/", signed(iss, "2026-11")), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/", signed(before, "2026-05")), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/", signed(before, nil)), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/", signed(before, "2026-11")), 401, "signature")
		wants(t, send(h, "GET", "/"), 401, "")
	})
	t.Run("roles", func(t *testing.T) {
		auth, err := jwthttp.New[Staff](iss.RS256(), jwthttp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		h := roles(auth, ok, ok, ok)
		wants(t, send(h, "GET", "/users", bearer(jwthttptest.Claim("roles", []string{"staff", "admin"}))), 200, "ok")
		wants(t, send(h, "GET", "/users", bearer(jwthttptest.Claim("roles", []string{"staff"}))), 403, "forbidden")
		wants(t, send(h, "GET", "/users", good), 403, "forbidden")
		wants(t, send(h, "GET", "/users"), 401, "")
		wants(t, send(h, "GET", "/orders", bearer(jwthttptest.Claim("scope", "orders:read"))), 200, "ok")
		wants(t, send(h, "GET", "/orders", good), 403, "insufficient_scope")
		wants(t, send(h, "GET", "/orders"), 401, "")
		wants(t, send(h, "GET", "/health"), 200, "ok")
	})
	t.Run("anonymous", func(t *testing.T) {
		h := anonymous(iss.RS256())
		wants(t, send(h, "GET", "/", good), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/"), 200, "Hello, guest!")
		wants(t, send(h, "GET", "/", bearer(jwthttptest.Expired)), 401, "expired")
	})
	t.Run("refusals in the log", func(t *testing.T) {
		var text strings.Builder
		log.SetOutput(&text)
		defer log.SetOutput(os.Stderr)
		defer slog.SetLogLoggerLevel(slog.LevelInfo)
		wants(t, send(refusalsInTheLog(iss.RS256()), "GET", "/", bearer(jwthttptest.Expired)), 401, "")
		if !strings.Contains(text.String(), "see=docs/refusals.md#expired") || strings.Contains(text.String(), "eyJ") {
			t.Error(&text)
		}
	})
	t.Run("counted", func(t *testing.T) {
		registry := prometheus.NewRegistry()
		h := counted(iss.RS256(), registry)
		wants(t, send(h, "GET", "/", bearer(jwthttptest.Claim("scope", "orders:read"))), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/", good), 403, "insufficient_scope")
		wants(t, send(h, "GET", "/", bearer(jwthttptest.Expired)), 401, "expired")
		families, err := registry.Gather()
		if err != nil || len(families) != 1 {
			t.Fatal(families, err)
		}
		counts := map[string]float64{}
		for _, m := range families[0].Metric {
			name := ""
			for _, label := range m.Label { // outcome, then reason
				name += label.GetValue() + " "
			}
			counts[name] = m.Counter.GetValue()
		}
		if want := map[string]float64{"accepted  ": 2, "refused expired ": 1}; !maps.Equal(counts, want) {
			t.Errorf("%v, want %v", counts, want)
		}
	})
	t.Run("logged", func(t *testing.T) {
		revoked, err := denylist.NewMemory(denylist.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := revoked.RevokeToken(t.Context(), iss.URL, "gone", time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		log.SetOutput(&text)
		defer log.SetOutput(os.Stderr)
		h := logged(iss.RS256(), revoked, ok)
		for _, tc := range []struct {
			kind   string
			status int
			jti    string
			roles  []string
		}{{`""`, 200, "1", []string{"admin"}}, {"admin_only", 403, "2", nil}, {"logged_out", 401, "gone", nil}} {
			text.Reset()
			token := iss.Token(t, Staff{Subject: "alice", Roles: tc.roles}, jwthttptest.Claim("aud", nil), jwthttptest.Claim("jti", tc.jti))
			wants(t, send(h, "GET", "/users", "Authorization: Bearer "+token), tc.status, "")
			if want := "auth method=GET path=/users kind=" + tc.kind + " result."; !strings.Contains(text.String(), want) {
				t.Errorf("%s, want %s", &text, want)
			}
		}
	})
	t.Run("logout by the provider", func(t *testing.T) {
		revoked, err := denylist.NewMemory(denylist.Options{})
		if err != nil {
			t.Fatal(err)
		}
		keys := iss.RS256().WithIssuer("https://login.example.com")
		h, other := logoutByProvider(keys, revoked), logoutByProvider(keys, revoked) // two instances
		now := time.Now()
		signed := func(options ...jwthttptest.TokenOption) string {
			all := []jwthttptest.TokenOption{jwthttptest.Claim("iss", "https://login.example.com"), jwthttptest.Claim("sid", "s1"), jwthttptest.Claim("jti", "1"), jwthttptest.Claim("iat", now.Unix()), jwthttptest.Claim("exp", now.Add(time.Minute).Unix())}
			return iss.Token(t, Claims{Subject: "alice"}, append(all, options...)...)
		}
		access := "Authorization: Bearer " + signed(jwthttptest.Claim("aud", "https://api.example.com"))
		wants(t, send(other, "GET", "/", access), 200, "Hello, alice!")
		for _, tc := range []struct {
			typ          string
			status, then int
		}{{"at+jwt", 400, 200}, {"logout+jwt", 200, 401}} {
			token := signed(jwthttptest.Header("typ", tc.typ), jwthttptest.Claim("aud", "my-client"), jwthttptest.Claim("events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}))
			r := httptest.NewRequest("POST", "/backchannel-logout", strings.NewReader("logout_token="+token))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			wants(t, w, tc.status, "")
			wants(t, send(other, "GET", "/", access), tc.then, "")
		}
	})
	t.Run("step-up", func(t *testing.T) {
		auth, err := jwthttp.New[Claims](iss.RS256(), jwthttp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		h := stepUp(auth, ok)
		wants(t, send(h, "POST", "/transfer", bearer(jwthttptest.Claim("auth_time", time.Now().Unix()-60))), 200, "ok")
		wants(t, send(h, "POST", "/transfer", bearer(jwthttptest.Claim("auth_time", time.Now().Unix()-600))), 401, "insufficient_user_authentication")
		wants(t, send(h, "POST", "/transfer", good), 401, "insufficient_user_authentication")
	})
	t.Run("replace keys", func(t *testing.T) {
		h, replace := rotating(jwthttp.KeySet{jwthttptest.NewIssuer(t).HS256()})
		wants(t, send(h, "GET", "/", good), 401, "unknown key")
		replace(jwthttp.KeySet{iss.RS256()})
		wants(t, send(h, "GET", "/", good), 200, "Hello, alice!")
	})
	t.Run("several issuers", func(t *testing.T) {
		other := jwthttptest.NewIssuer(t)
		h := severalIssuers(iss.RS256(), other.RS256())
		by := func(iss *jwthttptest.Issuer, name string) string {
			return "Authorization: Bearer " + iss.Token(t, Claims{Subject: "alice"}, jwthttptest.Claim("iss", name), jwthttptest.Claim("aud", "orders"))
		}
		wants(t, send(h, "GET", "/", by(iss, "https://staff.example.com")), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/", by(other, "https://shop.example.com/")), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/", by(iss, "https://shop.example.com/")), 401, "")
	})
	t.Run("tenants", func(t *testing.T) {
		db := sql.OpenDB(table{iss.URL: "orders"})
		defer db.Close()
		h := tenants(db, iss.Client())
		by := func(options ...jwthttptest.TokenOption) string {
			return "Authorization: Bearer " + iss.Token(t, Claims{Subject: "alice"}, append(options, jwthttptest.Claim("aud", "orders"))...)
		}
		wants(t, send(h, "GET", "/", by()), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/", by(jwthttptest.Claim("iss", iss.URL+"/"))), 401, "another issuer")
		db.Close()
		wants(t, send(h, "GET", "/", by(jwthttptest.Claim("iss", "https://new.example.com"))), 503, "")
	})
	t.Run("tenants of a test", func(t *testing.T) {
		acme, bolt := jwthttptest.NewIssuer(t), jwthttptest.NewIssuer(t)
		db := sql.OpenDB(table{acme.URL: "orders", bolt.URL: "orders"})
		defer db.Close()
		h := tenants(db, nil) // each issuer listens at its URL
		for _, iss := range []*jwthttptest.Issuer{acme, bolt} {
			iss.Audience = "orders"
			wants(t, sendFirst(h, "/", "Authorization: Bearer "+iss.Token(t, Claims{Subject: "alice"})), 200, "Hello, alice!")
		}
		forged := acme.Token(t, Claims{Subject: "alice"}, jwthttptest.Claim("iss", bolt.URL))
		wants(t, send(h, "GET", "/", "Authorization: Bearer "+forged), 401, "")
	})
	t.Run("tenants of a test in a bubble", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			acme, bolt := jwthttptest.NewIssuer(t), jwthttptest.NewIssuer(t)
			acme.URL, bolt.URL = "https://sso.example.com/realms/acme", "https://sso.example.com/realms/bolt"
			client := jwthttptest.Client(acme, bolt)
			keys, err := jwks.NewTenants(func(_ context.Context, issuer string) (jwks.Options, error) {
				return jwks.Options{Audience: []string{acme.Audience}}, nil
			}, jwks.TenantOptions{Client: client})
			if err != nil {
				t.Fatal(err)
			}
			defer keys.Close()
			auth, err := jwthttp.New[Claims](keys, jwthttp.Options{})
			if err != nil {
				t.Fatal(err)
			}
			h := auth.Handler(http.HandlerFunc(me))
			for _, iss := range []*jwthttptest.Issuer{acme, bolt} {
				wants(t, send(h, "GET", "/", "Authorization: Bearer "+iss.Token(t, Claims{Subject: "alice"})), 200, "Hello, alice!")
			}
		})
	})
	t.Run("tenants by path", func(t *testing.T) {
		other := jwthttptest.NewIssuer(t)
		db := sql.OpenDB(table{"acme": iss.URL, "bolt": other.URL})
		defer db.Close()
		auth, err := jwthttp.New[Customer](jwthttp.Issuers{iss.URL: iss.Source(t), other.URL: other.Source(t)}, jwthttp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		h := tenantsByPath(db, auth, ok)
		acme, bolt := "Authorization: Bearer "+iss.Token(t, Claims{Subject: "alice"}), "Authorization: Bearer "+other.Token(t, Claims{Subject: "alice"})
		wants(t, sendFirst(h, "/tenants/acme", acme), 200, "ok")
		wants(t, send(h, "GET", "/tenants/bolt", acme), 403, "")
		wants(t, send(h, "GET", "/tenants/nobody", acme), 403, "")
		wants(t, sendFirst(h, "/tenants/bolt", bolt), 200, "ok")
		db.Close()
		wants(t, send(h, "GET", "/tenants/bolt", bolt), 503, "")
	})
	t.Run("tenants log out at their providers", func(t *testing.T) {
		revoked, err := denylist.NewMemory(denylist.Options{})
		if err != nil {
			t.Fatal(err)
		}
		keys, err := jwks.NewTenants(func(context.Context, string) (jwks.Options, error) {
			return jwks.Options{AllowAnyAudience: true}, nil // of the one tenant that this client reaches
		}, jwks.TenantOptions{Client: iss.Client()})
		if err != nil {
			t.Fatal(err)
		}
		defer keys.Close()
		h := logoutByProvider(keys, revoked)
		now := time.Now()
		signed := func(options ...jwthttptest.TokenOption) string {
			all := []jwthttptest.TokenOption{jwthttptest.Claim("sid", "s1"), jwthttptest.Claim("jti", "1"), jwthttptest.Claim("iat", now.Unix()), jwthttptest.Claim("exp", now.Add(time.Minute).Unix())}
			return iss.Token(t, Claims{Subject: "alice"}, append(all, options...)...)
		}
		access := "Authorization: Bearer " + signed(jwthttptest.Claim("aud", "https://api.example.com"))
		wants(t, sendFirst(h, "/", access), 200, "Hello, alice!")
		wants(t, send(h, "GET", "/", "Authorization: Bearer "+signed(jwthttptest.Claim("aud", "my-client"))), 401, "audience")
		token := signed(jwthttptest.Header("typ", "logout+jwt"), jwthttptest.Claim("aud", "my-client"), jwthttptest.Claim("events", map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}))
		r := httptest.NewRequest("POST", "/backchannel-logout", strings.NewReader("logout_token="+token))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		wants(t, w, 200, "")
		wants(t, send(h, "GET", "/", access), 401, "")
	})
	t.Run("SPIFFE", func(t *testing.T) {
		h := spiffe(iss.Key(jwthttptest.ES256))
		for typ, status := range map[any]int{"JWT": 200, "JOSE": 200, nil: 200, "at+jwt": 401, "logout+jwt": 401} {
			wants(t, send(h, "GET", "/", bearer(jwthttptest.ES256, jwthttptest.Claim("aud", "spiffe://example.org/orders"), jwthttptest.Header("typ", typ))), status, "")
		}
	})
	t.Run("numeric subject", func(t *testing.T) {
		h := numericSubject(iss.RS256())
		wants(t, send(h, "GET", "/", bearer(jwthttptest.Claim("sub", 42))), 200, "row 42 <nil>")
		wants(t, send(h, "GET", "/", bearer(jwthttptest.Claim("sub", -1))), 401, "malformed")
	})
	t.Run("revocation", func(t *testing.T) {
		h := revocation(iss.RS256())
		wants(t, send(h, "GET", "/", good), 200, "Hello, alice!")
		wants(t, send(h, "POST", "/logout", good), 200, "")
		wants(t, send(h, "GET", "/", good), 401, "refused")
		wants(t, send(h, "GET", "/", bearer()), 200, "Hello, alice!")
	})
	t.Run("CORS", func(t *testing.T) {
		auth, err := jwthttp.New[Claims](iss.RS256(), jwthttp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		h := withCORS(auth.Handler(http.HandlerFunc(me)))
		w := send(h, "OPTIONS", "/", "Origin: https://app.example.com", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization,dpop")
		if wants(t, w, 204, ""); w.Header().Get("Access-Control-Allow-Origin") != "https://app.example.com" || w.Header().Get("Access-Control-Allow-Headers") != "authorization,dpop" {
			t.Error(w.Header())
		}
		w = send(h, "GET", "/", "Origin: https://app.example.com")
		if wants(t, w, 401, ""); !strings.EqualFold(w.Header().Get("Access-Control-Expose-Headers"), "WWW-Authenticate, DPoP-Nonce") {
			t.Error(w.Header())
		}
	})
	t.Run("CORS with cookies", func(t *testing.T) {
		origins := []string{"https://app.example.com"}
		loginCookie, err := cookie.New(cookie.Options{})
		if err != nil {
			t.Fatal(err)
		}
		auth, err := jwthttp.New[Claims](iss.RS256(), jwthttp.Options{
			Extractors: []jwthttp.Extractor{loginCookie.Extractor()}, TrustedOrigins: origins,
		})
		if err != nil {
			t.Fatal(err)
		}
		h := withCORSAndCookies(auth.Handler(http.HandlerFunc(me)), origins)
		for origin, allowed := range map[string]string{origins[0]: origins[0], "https://other.example.com": ""} {
			w := send(h, "OPTIONS", "/", "Origin: "+origin, "Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type")
			if wants(t, w, 204, ""); w.Header().Get("Access-Control-Allow-Origin") != allowed || (w.Header().Get("Access-Control-Allow-Credentials") == "true") != (allowed != "") {
				t.Error(origin, w.Header())
			}
			status := 403
			if allowed != "" {
				status = 200
			}
			wants(t, send(h, "PUT", "/", "Origin: "+origin, "Sec-Fetch-Site: same-site", "Cookie: __Host-token="+token()), status, "")
		}
	})
	t.Run("DPoP", func(t *testing.T) {
		h := proofs(iss.RS256(), http.HandlerFunc(me))
		before := http.DefaultTransport
		defer func() { http.DefaultTransport = before }()
		http.DefaultTransport = inProcess{h}
		bound := ""
		client, key := proving(func(context.Context) (string, error) { return bound, nil })
		bound = token(jwthttptest.Claim("cnf", map[string]any{"jkt": key.Thumbprint()}))
		for range 2 {
			resp, err := client.Get("https://api.example.com/me?x=y")
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != 200 {
				t.Error(resp.Status)
			}
		}
		client = provingTokens(key, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: bound, TokenType: "DPoP"}))
		if resp, err := client.Get("https://api.example.com/me"); err != nil || resp.StatusCode != 200 {
			t.Errorf("x/oauth2: %v, %v", resp, err)
		}
		wants(t, send(h, "GET", "/me", "Authorization: DPoP "+bound), 401, "invalid_dpop_proof")
		wants(t, send(h, "GET", "/me", "Authorization: Bearer "+bound), 401, "invalid_token")
		wants(t, send(h, "GET", "/me", good), 401, "invalid_token")

		// What the other two recipes confirm.
		confirm := func(v *dpop.Verifier, target, url, nonce string) error {
			proof, err := key.Proof("GET", url, bound, nonce)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", target, nil)
			r.Header.Set("DPoP", proof)
			thumbprint, err := base64.RawURLEncoding.DecodeString(key.Thumbprint())
			if err != nil {
				t.Fatal(err)
			}
			return v.Confirm(r, bound, [sha256.Size]byte(thumbprint))
		}
		v := proofsWithNonces([]byte("an example's secret of 32 bytes."))
		if err := confirm(v, "/me", "https://api.example.com/me", ""); !errors.Is(err, jwthttp.ErrUseNonce) {
			t.Error(err)
		}
		answer := http.Header{}
		v.Answer(answer)
		if err := confirm(v, "/me", "https://api.example.com/me", answer.Get("DPoP-Nonce")); err != nil {
			t.Error(err)
		}
		v, err := proofsBehindProxy()
		if err != nil {
			t.Fatal(err)
		}
		if err := confirm(v, "/orders", "https://example.com/api/orders", ""); err != nil {
			t.Error(err)
		}
		if err := confirm(v, "/orders", "https://example.com/orders", ""); !errors.Is(err, jwthttp.ErrInvalidProof) {
			t.Error(err)
		}
	})
	t.Run("client certificates", func(t *testing.T) {
		server := httptest.NewUnstartedServer(nil)
		server.Config = clientCertificates(iss.RS256(), http.HandlerFunc(me))
		server.TLS = server.Config.TLSConfig
		server.StartTLS()
		defer server.Close()
		certificate := server.TLS.Certificates[0] // httptest has one, which will do for the client
		thumbprint := sha256.Sum256(certificate.Certificate[0])
		bound := bearer(jwthttptest.Claim("cnf", map[string]any{"x5t#S256": base64.RawURLEncoding.EncodeToString(thumbprint[:])}))
		get := func(status int, authorization string, certificates ...tls.Certificate) {
			t.Helper()
			transport := server.Client().Transport.(*http.Transport).Clone()
			transport.TLSClientConfig.Certificates = certificates
			r, _ := http.NewRequest("GET", server.URL, nil)
			r.Header.Set("Authorization", strings.TrimPrefix(authorization, "Authorization: "))
			resp, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if transport.CloseIdleConnections(); resp.StatusCode != status {
				t.Errorf("%s, want %d", resp.Status, status)
			}
		}
		get(200, bound, certificate)
		get(401, bound)
		get(401, good, certificate)

		h := forwardedCertificates(iss.RS256(), http.HandlerFunc(me))
		forwarded := func(address string) *httptest.ResponseRecorder {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = address
			r.Header.Set("Authorization", strings.TrimPrefix(bound, "Authorization: "))
			r.Header.Set("X-SSL-Client-Cert", url.PathEscape(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}))))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w
		}
		wants(t, forwarded("10.0.0.7:1"), 200, "Hello, alice!")
		wants(t, forwarded("10.0.0.8:1"), 401, "invalid_token")
	})
	t.Run("MCP", func(t *testing.T) {
		h := mcp(iss.RS256(), ok)
		w := send(h, "POST", "/mcp")
		const document = "/.well-known/oauth-protected-resource/mcp"
		if wants(t, w, 401, ""); !strings.Contains(w.Header().Get("WWW-Authenticate"), `scope="orders:read", resource_metadata="https://api.example.com`+document+`"`) {
			t.Error(w.Header())
		}
		wants(t, send(h, "GET", document), 200, "https://issuer.example.com")
		access := "Authorization: Bearer " + iss.Token(t, map[string]any{
			"iss": "https://issuer.example.com", "aud": "https://api.example.com/mcp", "sub": "alice", "client_id": "x",
		}, jwthttptest.Header("typ", "at+jwt"))
		wants(t, send(h, "POST", "/mcp", access), 200, "ok")
		wants(t, send(h, "POST", "/mcp", good), 401, "another type")
	})
}
