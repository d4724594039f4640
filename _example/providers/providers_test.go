package providers

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
)

// An attempt is a request with a token of the fixture, and what comes of it.
type attempt struct {
	name    string
	token   string
	changes map[string]any // of the token
	request *http.Request  // GET / if nil
	place   string         // a header that has nothing but the token, or "Cookie name"; "" for Bearer
	reason  string         // why it is refused; "" if it is not
}

type change = map[string]any

// post returns a request as a browser sends it from a page of another site.
func post() *http.Request {
	r := httptest.NewRequest("POST", "https://orders.example.com/", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	r.Header.Set("Origin", "https://evil.example.net")
	return r
}

// A section is a section of docs/providers.md, with the function that has its blocks.
type section struct {
	heading string
	file    string // of the blocks and of the fixture
	cluster bool   // the provider is a cluster of Kubernetes
	run     func(serve func(http.Handler))
	try     []attempt
}

const (
	tenant, otherTenant, wrongTenant = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222", "99999999-9999-4999-8999-999999999999"
	entraClient                      = "33333333-3333-4333-8333-333333333333"
	loadBalancer                     = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/shop/0123456789abcdef"
	audienceTag                      = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	iapHeader, accessHeader          = "X-Goog-Iap-Jwt-Assertion", "Cf-Access-Jwt-Assertion"
	albHeader                        = "X-Amzn-Oidc-Data"
)

func sections(t *testing.T) []section {
	return []section{
		{heading: "Auth0", file: "auth0", run: auth0, try: []attempt{
			{name: "access token", token: "access token"},
			{name: "the other profile", token: "access token of the profile rfc9068"},
			{name: "the next key", token: "access token", changes: change{"header kid": "p9Xw3TzVh6uCj8dGaNoKe"}},
			{name: "an ID token", token: "ID token", reason: "audience"},
			{name: "another API", token: "access token", changes: change{"aud": "https://other.example.com"}, reason: "audience"},
			{name: "an issuer without its slash", token: "access token", changes: change{"iss": "https://example.eu.auth0.com"}, reason: "issuer"},
		}},
		{heading: "Keycloak", file: "keycloak", run: keycloak, try: []attempt{
			{name: "access token", token: "access token"},
			{name: "without an Audience mapper", token: "access token", changes: change{"aud": "account"}, reason: "audience"},
			{name: "without any audience", token: "access token", changes: change{"aud": nil}, reason: "audience"},
			{name: "an ID token of another client", token: "ID token", reason: "audience"},
			{name: "an ID token of the same client", token: "ID token", changes: change{"aud": "orders", "azp": "orders"}, reason: "check"},
			{name: "not a manager", token: "access token", changes: change{"realm_access": map[string]any{"roles": []string{"uma_authorization"}}}, reason: "forbidden"},
			{name: "no role of a realm", token: "access token", changes: change{"realm_access": nil}, reason: "forbidden"},
			{name: "no reader", token: "access token", changes: change{"resource_access": map[string]any{"web": map[string]any{"roles": []string{"reader"}}}}, reason: "forbidden"},
			{name: "another realm", token: "access token", changes: change{"iss": "https://id.example.com/realms/master"}, reason: "issuer"},
			{name: "the key for encryption", token: "access token", changes: change{"header kid": "encrypt-0123456789abcdefghijklmnopqrstuvwxyz"}, reason: "unknown_key"},
		}},
		{heading: "Microsoft Entra ID", file: "entra",
			run: func(serve func(http.Handler)) { entra(tenant, entraClient, serve) },
			try: []attempt{
				{name: "access token", token: "access token"},
				{name: "version 1", token: "access token of version 1", reason: "issuer"},
				{name: "another tenant", token: "access token", changes: change{"iss": entraIssuer(otherTenant), "tid": otherTenant}, reason: "issuer"},
				{name: "another API", token: "access token", changes: change{"aud": "00000003-0000-0000-c000-000000000000"}, reason: "audience"},
				{name: "an ID token", token: "ID token", reason: "insufficient_scope"},
				{name: "an application without a scope", token: "access token", changes: change{"scp": nil, "roles": []string{"Orders.All"}}, reason: "insufficient_scope"},
			}},
		{heading: "Microsoft Entra ID", file: "entra",
			run: func(serve func(http.Handler)) {
				entraTenants([]string{tenant, otherTenant}, entraClient, serve)
			},
			try: []attempt{
				{name: "a tenant", token: "access token"},
				{name: "another tenant", token: "access token", changes: change{"iss": entraIssuer(otherTenant), "tid": otherTenant}},
				{name: "a tenant that is not ours", token: "access token", changes: change{"iss": entraIssuer(wrongTenant), "tid": wrongTenant}, reason: "issuer"},
				{name: "tid of a tenant that is not ours", token: "access token", changes: change{"tid": wrongTenant}, reason: "check"},
				{name: "tid of another tenant of ours", token: "access token", changes: change{"tid": otherTenant}, reason: "check"},
				{name: "no tid", token: "access token", changes: change{"tid": nil}, reason: "check"},
				{name: "the template", token: "access token", changes: change{"iss": entraIssuer("{tenantid}")}, reason: "issuer"},
				{name: "an ID token", token: "ID token", reason: "insufficient_scope"},
			}},
		{heading: "Google", file: "google", run: google, try: []attempt{
			{name: "an issuer with https", token: "ID token"},
			{name: "an issuer without https", token: "ID token", changes: change{"iss": "accounts.google.com", "header kid": "0000000000000000000000000000000000000002"}},
			{name: "another client", token: "ID token", changes: change{"aud": "999-example.apps.googleusercontent.com"}, reason: "audience"},
			{name: "another client, without https", token: "ID token", changes: change{"iss": "accounts.google.com", "aud": "999-example.apps.googleusercontent.com"}, reason: "audience"},
			{name: "another issuer", token: "ID token", changes: change{"iss": "http://accounts.google.com"}, reason: "issuer"},
			{name: "a service account of anybody", token: "ID token", changes: change{"azp": "100000000000000000009", "sub": "100000000000000000009", "email": "x@evil.iam.gserviceaccount.com", "hd": nil}, reason: "check"},
			{name: "no azp", token: "ID token", changes: change{"azp": nil}, reason: "check"},
		}},
		{heading: "Firebase", file: "firebase", run: firebase, try: []attempt{
			{name: "ID token", token: "ID token"},
			{name: "another project", token: "ID token", changes: change{"iss": "https://securetoken.google.com/another", "aud": "another"}, reason: "issuer"},
			{name: "the audience of another project", token: "ID token", changes: change{"aud": "another"}, reason: "audience"},
			{name: "a session cookie", token: "session cookie", reason: "unknown_key"},
		}},
		{heading: "Firebase", file: "firebase", run: firebaseSessions, try: []attempt{
			{name: "session cookie", token: "session cookie", place: "Cookie session"},
			{name: "an ID token", token: "ID token", place: "Cookie session", reason: "unknown_key"},
			{name: "the issuer of ID tokens", token: "session cookie", place: "Cookie session", changes: change{"iss": "https://securetoken.google.com/example-project"}, reason: "issuer"},
			{name: "another project", token: "session cookie", place: "Cookie session", changes: change{"iss": "https://session.firebase.google.com/another", "aud": "another"}, reason: "issuer"},
			{name: "a page of another site", token: "session cookie", place: "Cookie session", request: post(), reason: "cross_origin"},
			{name: "in Authorization", token: "session cookie", reason: "no_token"},
		}},
		{heading: "Amazon Cognito", file: "cognito",
			run: func(serve func(http.Handler)) {
				cognito("eu-central-1_Example00", "1example23456789abcdefghij", serve)
			},
			try: []attempt{
				{name: "access token", token: "access token"},
				{name: "an ID token", token: "ID token", reason: "audience"},
				{name: "an ID token without aud", token: "ID token", changes: change{"aud": nil, "client_id": "1example23456789abcdefghij"}, reason: "check"},
				{name: "another app client", token: "access token", changes: change{"client_id": "9other"}, reason: "check"},
				{name: "no client_id", token: "access token", changes: change{"client_id": nil}, reason: "check"},
				{name: "another pool", token: "access token", changes: change{"iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Another00"}, reason: "issuer"},
			}},
		{heading: "Okta", file: "okta", run: okta, try: []attempt{
			{name: "access token", token: "access token"},
			{name: "the org's own server", token: "access token of the org's own server", reason: "unknown_key"},
			{name: "an ID token", token: "ID token", reason: "audience"},
			{name: "another scope", token: "access token", changes: change{"scp": []string{"openid"}}, reason: "insufficient_scope"},
		}},
		{heading: "Supabase", file: "supabase",
			run: func(serve func(http.Handler)) { supabase(legacySecret, serve) },
			try: []attempt{
				{name: "ES256", token: "access token"},
				{name: "HS256", token: "access token of the legacy secret"},
				{name: "the anon key", token: "the anon key", reason: "issuer"},
				{name: "the service_role key", token: "the anon key", changes: change{"role": "service_role"}, reason: "issuer"},
				{name: "another project", token: "access token of the legacy secret", changes: change{"iss": "https://other.supabase.co/auth/v1"}, reason: "issuer"},
				{name: "another audience", token: "access token", changes: change{"aud": "anon"}, reason: "audience"},
				{name: "HS256 of another audience", token: "access token of the legacy secret", changes: change{"aud": "anon"}, reason: "audience"},
			}},
		{heading: "Clerk", file: "clerk", run: clerk, try: []attempt{
			{name: "session token", token: "session token"},
			{name: "a clock that is behind", token: "session token", changes: change{"nbf": 5}},
			{name: "a page of another app", token: "session token", changes: change{"azp": "https://evil.example.net"}, reason: "check"},
			{name: "no azp", token: "session token", changes: change{"azp": nil}, reason: "check"},
			{name: "expired for a minute", token: "session token", changes: change{"exp": -60}, reason: "expired"},
			{name: "a template with an audience", token: "session token", changes: change{"aud": "other"}, reason: "audience"},
		}},
		{heading: "Logto", file: "logto", run: logto, try: []attempt{
			{name: "access token", token: "access token"},
			{name: "an organization's", token: "access token of an organization", reason: "audience"},
			{name: "an ID token", token: "ID token", reason: "type"},
			{name: "another scope", token: "access token", changes: change{"scope": "openid"}, reason: "insufficient_scope"},
		}},
		{heading: "Duende IdentityServer", file: "duende", run: duende, try: []attempt{
			{name: "access token", token: "access token"},
			{name: "client credentials", token: "access token of client credentials"},
			{name: "a clock that is behind", token: "access token", changes: change{"nbf": 5}},
			{name: "an ID token", token: "ID token", reason: "type"},
			{name: "no ApiResource", token: "access token", changes: change{"aud": nil}, reason: "audience"},
			{name: "another scope", token: "access token", changes: change{"scope": []string{"openid"}}, reason: "insufficient_scope"},
		}},
		{heading: "Spring Authorization Server", file: "spring", run: spring, try: []attempt{
			{name: "access token", token: "access token"},
			{name: "a clock that is behind", token: "access token", changes: change{"nbf": 5}},
			{name: "an ID token", token: "ID token", reason: "insufficient_scope"},
			{name: "another client", token: "access token", changes: change{"aud": "another"}, reason: "audience"},
		}},
		{heading: "Zitadel", file: "zitadel", run: zitadel, try: []attempt{
			{name: "access token", token: "access token"},
			{name: "a clock that is behind", token: "access token", changes: change{"nbf": 5}},
			{name: "an ID token", token: "ID token", reason: "check"},
			{name: "another project", token: "access token", changes: change{"aud": []string{"300000000000000003"}}, reason: "audience"},
		}},
		{heading: "Cloudflare Access", file: "cloudflare",
			run: func(serve func(http.Handler)) { cloudflare(audienceTag, serve) },
			try: []attempt{
				{name: "application token", token: "application token", place: accessHeader},
				{name: "a service token", token: "token of a service token", place: accessHeader},
				{name: "a clock that is behind", token: "application token", place: accessHeader, changes: change{"nbf": 5}},
				{name: "another application", token: "application token", place: accessHeader, changes: change{"aud": []string{strings.Repeat("b", 64)}}, reason: "audience"},
				{name: "another team", token: "application token", place: accessHeader, changes: change{"iss": "https://another.cloudflareaccess.com"}, reason: "issuer"},
				{name: "a page of another site", token: "application token", place: accessHeader, request: post(), reason: "cross_origin"},
				{name: "in Authorization", token: "application token", reason: "no_token"},
			}},
		{heading: "Google IAP", file: "iap", run: iap, try: []attempt{
			{name: "assertion", token: "assertion", place: iapHeader},
			{name: "expired within the leeway", token: "assertion", place: iapHeader, changes: change{"exp": -10}},
			{name: "expired for a minute", token: "assertion", place: iapHeader, changes: change{"exp": -60}, reason: "expired"},
			{name: "another service", token: "assertion", place: iapHeader, changes: change{"aud": "/projects/123456789012/global/backendServices/9"}, reason: "audience"},
			{name: "a page of another site", token: "assertion", place: iapHeader, request: post(), reason: "cross_origin"},
			{name: "in Authorization", token: "assertion", reason: "no_token"},
		}},
		{heading: "GitHub Actions", file: "github",
			run: func(serve func(http.Handler)) {
				github(GitHubClaims{"3000001", "refs/heads/main", "example/orders/.github/workflows/deploy.yml@refs/heads/main"}, serve)
			},
			try: []attempt{
				{name: "ID token", token: "ID token"},
				{name: "the default audience", token: "ID token", changes: change{"aud": "https://github.com/example"}, reason: "audience"},
				{name: "another repository of the same name", token: "ID token", changes: change{"repository_id": "9000009"}, reason: "check"},
				{name: "another branch", token: "ID token", changes: change{"ref": "refs/pull/7/merge"}, reason: "check"},
				{name: "another workflow", token: "ID token", changes: change{"job_workflow_ref": "example/orders/.github/workflows/test.yml@refs/heads/main"}, reason: "check"},
			}},
		{heading: "Kubernetes service accounts", file: "kubernetes", cluster: true,
			run: func(serve func(http.Handler)) { kubernetes(pod(t), serve) },
			try: []attempt{
				{name: "service account token", token: "service account token"},
				{name: "a clock that is behind", token: "service account token", changes: change{"nbf": 5}},
				{name: "the default audience", token: "service account token", changes: change{"aud": []string{"https://kubernetes.default.svc.cluster.local"}}, reason: "audience"},
				{name: "another cluster", token: "service account token", changes: change{"iss": "https://kubernetes.default.svc"}, reason: "issuer"},
			}},
		{heading: "AWS load balancer", file: "alb",
			run: func(serve func(http.Handler)) { alb(loadBalancer, "https://idp.example.com", serve) },
			try: []attempt{
				{name: "user claims", token: "user claims", place: albHeader},
				{name: "signed for another customer of AWS", token: "user claims", place: albHeader, changes: change{"header signer": strings.Replace(loadBalancer, "123456789012", "999999999999", 1)}, reason: "check"},
				{name: "no signer", token: "user claims", place: albHeader, changes: change{"header signer": nil}, reason: "check"},
				{name: "another provider", token: "user claims", place: albHeader, changes: change{"iss": "https://evil.example.net"}, reason: "issuer"},
				{name: "expired", token: "user claims", place: albHeader, changes: change{"exp": -1}, reason: "expired"},
				{name: "a page of another site", token: "user claims", place: albHeader, request: post(), reason: "cross_origin"},
				{name: "in Authorization", token: "user claims", reason: "no_token"},
			}},
		{heading: "SPIFFE", file: "spiffe",
			run: func(serve func(http.Handler)) {
				spiffe(theWorld.documents["https://spire.example.org/bundle"], serve)
			},
			try: []attempt{
				{name: "JWT-SVID", token: "JWT-SVID"},
				{name: "typ JOSE", token: "JWT-SVID", changes: change{"header typ": "JOSE"}},
				{name: "no typ", token: "JWT-SVID", changes: change{"header typ": nil}},
				{name: "another typ", token: "JWT-SVID", changes: change{"header typ": "at+jwt"}, reason: "type"},
				{name: "an audience beside ours", token: "JWT-SVID", changes: change{"aud": []string{"spiffe://example.org/other", "spiffe://example.org/orders"}}},
				{name: "another audience", token: "JWT-SVID", changes: change{"aud": []string{"spiffe://example.org/other"}}, reason: "audience"},
				{name: "no audience", token: "JWT-SVID", changes: change{"aud": nil}, reason: "audience"},
				{name: "no exp", token: "JWT-SVID", changes: change{"exp": nil}, reason: "missing_claim"},
				{name: "another trust domain", token: "JWT-SVID", changes: change{"sub": "spiffe://example.org.evil.net/web"}, reason: "check"},
				{name: "no sub", token: "JWT-SVID", changes: change{"sub": nil}, reason: "check"},
			}},
	}
}

// pod returns the directory where Kubernetes puts a pod's token and the cluster's certificate.
func pod(t *testing.T) string {
	dir := t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: theWorld.cluster.Raw})
	for name, text := range map[string][]byte{"ca.crt": ca, "token": []byte(podToken + "\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Every block of docs/providers.md accepts the tokens of its provider, and refuses those that the
// section is about, each for the right reason.
func TestProviders(t *testing.T) {
	for _, s := range sections(t) {
		t.Run(s.heading, func(t *testing.T) {
			p := newProvider(t, s.file)
			theWorld.become(p, s.cluster)
			s.run(func(h http.Handler) {
				for _, a := range s.try {
					t.Run(a.name, func(t *testing.T) { a.check(t, h, p.token(t, a.token, a.changes)) })
				}
			})
			used := map[string]bool{}
			for _, s2 := range sections(t) {
				for _, a := range s2.try {
					used[s2.file+" "+a.token] = true
				}
			}
			for name := range p.Tokens {
				if !used[s.file+" "+name] {
					t.Errorf("no attempt sends the token %q", name)
				}
			}
		})
	}
}

func (a *attempt) check(t *testing.T, h http.Handler, token string) {
	r := a.request
	if r == nil {
		r = httptest.NewRequest("GET", "https://orders.example.com/", nil)
	}
	if cookie, ok := strings.CutPrefix(a.place, "Cookie "); ok {
		r.AddCookie(&http.Cookie{Name: cookie, Value: token})
	} else if a.place != "" {
		r.Header.Set(a.place, token)
	} else {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	lastReason = ""
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	passed := w.Code == http.StatusOK && w.Body.String() == "the API"
	if passed != (a.reason == "") || lastReason != a.reason {
		t.Errorf("%d, reason %q, want %q: %s", w.Code, lastReason, a.reason, w.Body)
	}
}

// The id of a key goes into an address of AWS, and anybody can write it.
func TestALBKeys(t *testing.T) {
	p := newProvider(t, "alb")
	theWorld.become(p, false)
	const kid = "00000000-0000-4000-8000-000000000001"
	const address = "https://public-keys.auth.elb.eu-central-1.amazonaws.com/"
	alb(loadBalancer, "https://idp.example.com", func(h http.Handler) {
		for _, tc := range []struct {
			name   string
			kid    string
			asked  []string
			reason string
		}{
			{"good", kid, []string{address + kid}, ""},
			{"good again", kid, nil, ""},
			{"a UUID that AWS does not have", "ffffffff-ffff-4fff-8fff-ffffffffffff", []string{address + "ffffffff-ffff-4fff-8fff-ffffffffffff"}, "unknown_key"},
			{"a path", "../" + kid, nil, "unknown_key"},
			{"a query", kid + "?x", nil, "unknown_key"},
			{"two lines", kid + "#" + kid, nil, "unknown_key"},
			{"capital letters", strings.ToUpper("abcdefab-0000-4000-8000-000000000001"), nil, "unknown_key"},
			{"nothing", "", nil, "unknown_key"},
		} {
			t.Run(tc.name, func(t *testing.T) {
				p.keys[tc.kid] = p.keys[kid]
				a := attempt{place: albHeader, reason: tc.reason}
				a.check(t, h, p.token(t, "user claims", change{"header kid": tc.kid}))
				if asked := theWorld.takeAsked(); !slices.Equal(asked, tc.asked) {
					t.Errorf("asked %q, want %q", asked, tc.asked)
				}
			})
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A flood of ids sends at most four requests to AWS at once. Each token waits for two seconds at
// most, and a token of a known key does not wait.
func TestALBFlood(t *testing.T) {
	text := newProvider(t, "alb").documents["https://public-keys.auth.elb.eu-central-1.amazonaws.com/00000000-0000-4000-8000-000000000001"]
	synctest.Test(t, func(t *testing.T) {
		asked, stalled := 0, false
		var mu sync.Mutex
		keys := &albKeys{address: "https://keys.example.com/", client: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			asked++
			isStalled := stalled
			mu.Unlock()
			if isStalled {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(bytes.NewReader(text))}, nil
		})}}
		get := func(n int) error {
			_, err := keys.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: "ES256", KeyID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n)})
			return err
		}
		if err := get(0); err != nil {
			t.Fatal(err)
		}
		stalled = true
		start := time.Now()
		var flood sync.WaitGroup
		for i := range 100 {
			flood.Go(func() {
				if err := get(i + 1); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v, want a 503", err)
				}
			})
		}
		synctest.Wait()
		if mu.Lock(); asked != 1+4 {
			t.Errorf("%d requests at once, want 4", asked-1)
		}
		mu.Unlock()
		if err := get(0); err != nil || time.Since(start) != 0 {
			t.Errorf("the known key, after %v: %v", time.Since(start), err)
		}
		flood.Wait()
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("the flood took %v, want 2s", took)
		}

		stalled = false
		for i := range 200 { // the known keys are dropped when there are too many
			if err := get(i); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(keys.known); n > maxALBKeys {
			t.Errorf("%d keys are kept", n)
		}
	})
}

// The table of docs/providers.md has every section, and the test has it too. The blocks of a
// section are in the file whose functions the test runs.
func TestPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/providers.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "\n## ")
	table, blocks := parts[0], regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	files := map[string]string{}
	for _, s := range sections(t) {
		files[s.heading] = s.file
	}
	wanted := maps.Clone(files)
	for _, part := range parts[1:] {
		heading, rest, _ := strings.Cut(part, "\n")
		found := blocks.FindAllStringSubmatch(rest, -1)
		if slices.Contains([]string{"Bound tokens", "What is accepted", "Withdraw a stolen key", "Every token gets a 503"}, heading) {
			continue
		}
		file := files[heading]
		delete(wanted, heading)
		if file == "" {
			t.Errorf("no test runs the section %q", heading)
			continue
		}
		anchor := strings.ReplaceAll(strings.ToLower(heading), " ", "-")
		if !strings.Contains(table, "| ["+heading+"](#"+anchor+") |") {
			t.Errorf("the table has no row for %q", heading)
		}
		source, err := os.ReadFile(file + ".go")
		if err != nil || len(found) == 0 {
			t.Errorf("%s: %d blocks, %v", heading, len(found), err)
		}
		for _, block := range found {
			indented := regexp.MustCompile("(?m)^(.)").ReplaceAllString("\n"+block[1], "\t$1")
			if !strings.Contains(string(source), "\n"+block[1]) && !strings.Contains(string(source), indented) {
				t.Errorf("%s: %s.go does not have this:\n%s", heading, file, block[1])
			}
			if n := strings.Count(block[1], "\n"); n > 15 {
				t.Errorf("%s: a block of %d lines, want at most 15", heading, n)
			}
		}
	}
	for heading := range wanted {
		t.Errorf("there is no section %q", heading)
	}
}
