package gate_test

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/internal/gate"
)

func TestIsCrossOrigin(t *testing.T) {
	const own, trusted, evil = "https://app.example", "https://front.example", "https://evil.example"
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Add(pairs[i], pairs[i+1])
		}
		return h
	}
	overTLS := &tls.ConnectionState{}
	for _, tc := range []struct {
		name    string
		methods []string
		header  http.Header
		tls     *tls.ConnectionState
		want    bool
	}{
		{"reading", []string{"GET", "HEAD", "OPTIONS"}, header("Sec-Fetch-Site", "cross-site", "Origin", evil), nil, false},
		{"writing", []string{"POST", "PUT", "PATCH", "DELETE", "get", "TRACE", "CONNECT", "QUERY", ""}, header("Sec-Fetch-Site", "cross-site", "Origin", evil), nil, true},
		{"not a browser", []string{"POST"}, nil, nil, false},
		{"the service's own page", []string{"POST"}, header("Sec-Fetch-Site", "same-origin", "Origin", own), nil, false},
		{"the user", []string{"POST"}, header("Sec-Fetch-Site", "none"), nil, false},
		{"another host of the site", []string{"POST"}, header("Sec-Fetch-Site", "same-site", "Origin", "https://b.app.example"), nil, true},
		{"an empty site", []string{"POST"}, header("Sec-Fetch-Site", ""), nil, true},
		{"a trusted page", []string{"POST"}, header("Sec-Fetch-Site", "cross-site", "Origin", trusted), nil, false},
		{"a trusted page in another case", []string{"POST"}, header("Sec-Fetch-Site", "cross-site", "Origin", "https://Front.example"), nil, true},
		{"two sites", []string{"POST"}, header("Sec-Fetch-Site", "same-origin", "Sec-Fetch-Site", "same-origin"), nil, true},
		{"two origins", []string{"POST"}, header("Sec-Fetch-Site", "same-origin", "Origin", own, "Origin", trusted), nil, true},

		{"an old browser, own", []string{"POST"}, header("Origin", own), overTLS, false},
		{"an old browser, own with another port", []string{"POST"}, header("Origin", own+":8443"), overTLS, true},
		{"an old browser, own over http", []string{"POST"}, header("Origin", "http://app.example"), nil, false},
		{"an old browser, an http page of a TLS host", []string{"POST"}, header("Origin", "http://app.example"), overTLS, true},
		{"an old browser, trusted", []string{"POST"}, header("Origin", trusted), nil, false},
		{"an old browser, another", []string{"POST"}, header("Origin", evil), nil, true},
		{"an old browser, null", []string{"POST"}, header("Origin", "null"), nil, true},
		{"an old browser, a file", []string{"POST"}, header("Origin", "file://"), nil, true},
		{"an old browser, empty", []string{"POST"}, header("Origin", ""), nil, true},

		{"a WebSocket of another page", []string{"GET"}, header("Upgrade", "WebSocket", "Origin", evil), nil, true},
		{"a WebSocket of an own page", []string{"GET"}, header("Upgrade", "websocket", "Origin", own), nil, false},
		{"another upgrade", []string{"GET"}, header("Upgrade", "h2c", "Origin", evil), nil, false},
	} {
		for _, method := range tc.methods {
			r := &http.Request{Method: method, Host: "app.example", Header: tc.header, TLS: tc.tls}
			if got := gate.IsCrossOrigin(r, []string{trusted}); got != tc.want {
				t.Errorf("%s, %s: %v", tc.name, method, got)
			}
		}
	}
	// The Host may have the default port of the origin's scheme, and no other.
	for _, tc := range []struct {
		host, origin string
		tls          *tls.ConnectionState
		want         bool
	}{
		{"app.example:443", own, nil, false},
		{"app.example:443", own, overTLS, false},
		{"app.example:80", "http://app.example", nil, false},
		{"app.example:80", "http://app.example", overTLS, true},
		{"app.example:80", own, nil, true},
		{"app.example:443", "http://app.example", nil, true},
		{"app.example:443", evil, nil, true},
		{":443", "https://", nil, true},
	} {
		if got := gate.IsCrossOrigin(&http.Request{Method: "POST", Host: tc.host, Header: header("Origin", tc.origin), TLS: tc.tls}, nil); got != tc.want {
			t.Errorf("%+v: %v", tc, got)
		}
	}
	// The longest origin of a service passes.
	host := strings.Repeat(strings.Repeat("a", 63)+".", 3) + strings.Repeat("a", 61) + ".:65535"
	if gate.IsCrossOrigin(&http.Request{Method: "POST", Host: host, Header: header("Origin", "https://"+host)}, nil) {
		t.Error("the longest origin does not pass")
	}
	// An empty Host is not equal to an origin without a host.
	for _, origin := range []string{"null", "file://", "data:", "https://"} {
		if !gate.IsCrossOrigin(&http.Request{Method: "POST", Header: header("Origin", origin)}, nil) {
			t.Errorf("%s passes", origin)
		}
	}
}
