package mtls_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/mtls"
)

const proxy = "10.0.0.7:4711" // the address of a request that comes from the proxy 10.0.0.7

func TestThumbprintOfRFC8705(t *testing.T) {
	want, err := base64.RawURLEncoding.DecodeString(thumbprint8705)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der8705(t))
	if err != nil {
		t.Fatal(err)
	}
	r := from(proxy)
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}}
	if err := mtls.Connection().Confirm(r, "token", [sha256.Size]byte(want)); err != nil {
		t.Error(err)
	}
	if got, err := mtls.Connection().Thumbprint(r); got != thumbprint8705 || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}

// Thumbprint takes a certificate from where Confirm does, and from nowhere else.
func TestThumbprint(t *testing.T) {
	forwarded := mustForwarded(t, "X-Cert", mtls.EscapedPEM, "10.0.0.7")
	inPEM := escaped(pemOf(der8705(t)))
	if got, err := forwarded.Thumbprint(from(proxy, "X-Cert", inPEM)); got != thumbprint8705 || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	for name, r := range map[string]*http.Request{
		"none": from(proxy), "elsewhere": from("10.0.0.8:1", "X-Cert", inPEM), "two": from(proxy, "X-Cert", inPEM, "X-Cert", inPEM), "malformed": from(proxy, "X-Cert", "%"),
	} {
		if got, err := forwarded.Thumbprint(r); got != "" || err == nil || !strings.HasPrefix(err.Error(), "mtls: ") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// A real client shows its certificate to a real server.
func TestConnection(t *testing.T) {
	own, other, issuer := newCertificate(t), newCertificate(t), newCertificate(t)
	// The certificates after the first are not the client's, and it need not have their keys.
	before := tls.Certificate{Certificate: [][]byte{other.Certificate[0], own.Certificate[0]}, PrivateKey: other.PrivateKey}
	after := tls.Certificate{Certificate: [][]byte{own.Certificate[0], issuer.Certificate[0]}, PrivateKey: own.PrivateKey}
	const (
		another = "is for the certificate with the thumbprint"
		none    = "the client sent no certificate"
	)
	for _, tc := range []struct {
		name string
		cert []tls.Certificate
		want string // a part of the error
	}{
		{"own", []tls.Certificate{own}, ""},
		{"own, and its issuer", []tls.Certificate{after}, ""},
		{"another", []tls.Certificate{other}, another},
		{"another, and own after it", []tls.Certificate{before}, another},
		{"none", nil, none},
	} {
		for _, http2 := range []bool{false, true} {
			t.Run(tc.name+map[bool]string{false: ", HTTP 1", true: ", HTTP 2"}[http2], func(t *testing.T) {
				binding, thumbprint := mtls.Connection(), thumbprintOf(own.Certificate[0])
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if (r.ProtoMajor == 2) != http2 {
						t.Errorf("the protocol is %s", r.Proto)
					}
					if err := binding.Confirm(r, "token", thumbprint); err != nil {
						fmt.Fprint(w, err)
					}
				}))
				server.EnableHTTP2 = http2
				server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
				server.StartTLS()
				defer server.Close()
				transport := server.Client().Transport.(*http.Transport)
				transport.TLSClientConfig.Certificates = tc.cert
				transport.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)
				for range 2 { // on a resumed session too
					got := get(t, server.Client(), server.URL)
					if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
						t.Errorf("error %q, want one with %q", got, tc.want)
					}
					transport.CloseIdleConnections()
				}
			})
		}
	}
	t.Run("without TLS", func(t *testing.T) {
		err := mtls.Connection().Confirm(from("10.0.0.7:1", "Client-Cert", clientCert9440), "token", thumbprintOf(nil))
		if err == nil || !strings.Contains(err.Error(), "the request came without TLS") {
			t.Errorf("error %v", err)
		}
	})
}

func get(t testing.TB, client *http.Client, url string) string {
	t.Helper()
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// Each format reads what proxies write.
func TestFormats(t *testing.T) {
	der := der8705(t)
	block, _ := pem.Decode([]byte(pemOf(der)))
	hash := sha256.Sum256(block.Bytes)
	hexadecimal := hex.EncodeToString(hash[:])
	raw := strings.TrimRight(base64Of8705, "=")
	inPEM := "-----BEGIN CERTIFICATE-----\n" + certificate8705 + "\n-----END CERTIFICATE-----\n"
	for _, tc := range []struct {
		name   string
		format mtls.Format
		value  string
	}{
		{"RFC 9440", mtls.ClientCert, ":" + base64Of8705 + ":"},
		{"RFC 9440 with space around", mtls.ClientCert, " \t:" + base64Of8705 + ":\t "},
		{"RFC 9440 without padding", mtls.ClientCert, ":" + raw + ":"},
		{"nginx", mtls.EscapedPEM, escaped(inPEM)},
		{"escapes in lower case", mtls.EscapedPEM, strings.ToLower("%2D") + escaped(inPEM)[1:]},
		{"without a line break at the end", mtls.EscapedPEM, escaped(strings.TrimSpace(inPEM))},
		{"with CRLF", mtls.EscapedPEM, escaped(strings.ReplaceAll(inPEM, "\n", "\r\n"))},
		{"AWS", mtls.EscapedPEM, escapedByAWS(inPEM)},
		{"HAProxy", mtls.Base64DER, base64Of8705},
		{"base64 without padding", mtls.Base64DER, raw},
		{"Envoy", mtls.XFCC, "By=spiffe://cluster.local/ns/a/sa/b;Hash=" + hexadecimal + `;Subject="/C=US/ST=CA/L=San Francisco/OU=Lyft/CN=Test Client";URI=http://testclient.lyft.com`},
		{"Envoy, the hash alone", mtls.XFCC, "Hash=" + hexadecimal},
		{"Envoy, the hash last", mtls.XFCC, `Subject="";Hash=` + hexadecimal},
		{"Envoy, names in another case", mtls.XFCC, "by=;HASH=" + strings.ToUpper(hexadecimal)},
		{"Envoy, several of one name", mtls.XFCC, "Hash=" + hexadecimal + ";DNS=a.example.com;DNS=b.example.com;URI=spiffe://a?x=1"},
		{"Envoy, all that ends a value, in quotes", mtls.XFCC, `Subject="CN=a\"b\\\,c,O=x;y,Hash:0";Hash=` + hexadecimal + `;URI=x`},
		{"Envoy, a name that ends in a backslash", mtls.XFCC, `Subject="CN=a\\";Hash=` + hexadecimal},
		{"Envoy, with the certificate", mtls.XFCC, "Hash=" + hexadecimal + `;Cert="` + escaped(inPEM) + `";Chain="` + escaped(inPEM+inPEM) + `"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := mustForwarded(t, "X-Cert", tc.format, "10.0.0.7")
			r := from(proxy, "X-Cert", tc.value)
			if err := b.Confirm(r, "token", hash); err != nil {
				t.Error(err)
			}
			hash := hash
			hash[31] ^= 1
			if err := b.Confirm(r, "token", hash); err == nil {
				t.Error("the token of another certificate passes")
			}
		})
	}
	t.Run("the example of RFC 9440", func(t *testing.T) {
		der, _ := base64.StdEncoding.DecodeString(strings.Trim(clientCert9440, ":"))
		if err := mustForwarded(t, "client-cert", mtls.ClientCert, "10.0.0.7").Confirm(from(proxy, "Client-Cert", clientCert9440), "token", thumbprintOf(der)); err != nil {
			t.Error(err)
		}
	})
}

func TestMalformed(t *testing.T) {
	der := der8705(t)
	inPEM := pemOf(der)
	hash := sha256.Sum256(der)
	digest := hex.EncodeToString(hash[:])
	more := append(der[:len(der):len(der)], 0)
	two := append(der[:len(der):len(der)], der...)
	b64 := base64.StdEncoding.EncodeToString
	const (
		notColons, notBase64, notOne = "it is not base64 between two colons", "it is not base64", "it is not one certificate"
		notPEM, notList              = "it is not a certificate in PEM", "it is not a list of NAME=VALUE"
	)
	for _, tc := range []struct {
		name   string
		format mtls.Format
		value  string
		want   string
	}{
		{"no colons", mtls.ClientCert, base64Of8705, notColons},
		{"no colon before", mtls.ClientCert, base64Of8705 + ":", notColons},
		{"no colon after", mtls.ClientCert, ":" + base64Of8705, notColons},
		{"one colon", mtls.ClientCert, ":", notColons},
		{"two colons", mtls.ClientCert, "::", notOne},
		{"a parameter", mtls.ClientCert, ":" + base64Of8705 + ":;a=1", notColons},
		{"a list", mtls.ClientCert, ":" + base64Of8705 + ":, :" + base64Of8705 + ":", notBase64},
		{"base64url", mtls.ClientCert, ":" + base64.URLEncoding.EncodeToString(der) + ":", notBase64},
		{"a space in base64", mtls.ClientCert, ": " + base64Of8705 + ":", notBase64},
		{"a line break in base64", mtls.ClientCert, ":" + certificate8705 + ":", notBase64},
		{"more padding", mtls.ClientCert, ":" + base64Of8705 + "=:", notBase64},
		{"padding within", mtls.ClientCert, ":AA==" + base64Of8705 + ":", notBase64},
		{"half a certificate", mtls.ClientCert, ":" + b64(der[:len(der)/2]) + ":", notOne},
		{"a byte after the certificate", mtls.ClientCert, ":" + b64(more) + ":", notOne},
		{"two certificates", mtls.ClientCert, ":" + b64(two) + ":", notOne},
		{"a key", mtls.ClientCert, ":" + b64([]byte("key")) + ":", notOne},
		{"no base64", mtls.Base64DER, "-", notBase64},
		{"a byte after it", mtls.Base64DER, b64(more), notOne},
		{"in colons", mtls.Base64DER, ":" + base64Of8705 + ":", notBase64},
		{"PEM as it is", mtls.Base64DER, inPEM, notBase64},
		{"spaces for plus signs", mtls.EscapedPEM, strings.ReplaceAll(escapedByAWS(inPEM), "+", "%20"), notPEM},
		{"a broken escape", mtls.EscapedPEM, escaped(inPEM) + "%2", "it is not percent-encoded"},
		{"escaped twice", mtls.EscapedPEM, escaped(escaped(inPEM)), "it has 0 blocks of PEM, and must be one alone"},
		{"two in PEM", mtls.EscapedPEM, escaped(inPEM + inPEM), "it has 2 blocks of PEM, and must be one alone"},
		{"a broken one before", mtls.EscapedPEM, escaped("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n" + inPEM), "it has 2 blocks"},
		{"text before", mtls.EscapedPEM, escaped("subject=client\n" + inPEM), "it has 1 blocks"},
		{"text after", mtls.EscapedPEM, escaped(inPEM + "x"), notPEM},
		{"a header in PEM", mtls.EscapedPEM, escaped(strings.Replace(inPEM, "\n", "\nA: b\n\n", 1)), notPEM},
		{"a request in PEM", mtls.EscapedPEM, escaped(strings.ReplaceAll(inPEM, "CERTIFICATE", "CERTIFICATE REQUEST")), notPEM},
		{"half a PEM", mtls.EscapedPEM, escaped(inPEM[:len(inPEM)/2]), notPEM},
		{"a byte after it in PEM", mtls.EscapedPEM, escaped(pemOf(more)), notOne},
		{"base64 alone", mtls.EscapedPEM, escaped(base64Of8705), "it has 0 blocks"},
		{"no Hash", mtls.XFCC, "By=x;URI=y", "it has no Hash"},
		{"two Hashes", mtls.XFCC, "Hash=" + digest + ";Hash=" + digest, "it has more than one Hash"},
		{"two Hashes in two cases", mtls.XFCC, "hash=" + digest + ";Hash=" + digest, "it has more than one Hash"},
		{"two elements", mtls.XFCC, "Hash=" + digest + ",By=x", "it has more than one element"},
		{"two elements, the Hash in the second", mtls.XFCC, "By=x,Hash=" + digest, "it has more than one element"},
		{"a URI that ends its element", mtls.XFCC, "By=x;URI=,Hash=" + digest, "it has more than one element"},
		{"an element of nothing after", mtls.XFCC, "Hash=" + digest + ",", "it has more than one element"},
		{"an element of nothing before", mtls.XFCC, ",Hash=" + digest, notList},
		{"a semicolon at the end", mtls.XFCC, "Hash=" + digest + ";", notList},
		{"a semicolon before", mtls.XFCC, ";Hash=" + digest, notList},
		{"a space before the name", mtls.XFCC, "By=x; Hash=" + digest, notList},
		{"no pair", mtls.XFCC, digest, notList},
		{"a short Hash", mtls.XFCC, "Hash=" + digest[2:], "its Hash is not a SHA-256 digest"},
		{"a long Hash", mtls.XFCC, "Hash=" + digest + "00", "its Hash is not a SHA-256 digest"},
		{"an empty Hash", mtls.XFCC, "Hash=", "its Hash is not a SHA-256 digest"},
		{"a Hash in quotes", mtls.XFCC, `Hash="` + digest + `"`, "it has quotes around another value than Subject, Cert and Chain"},
		{"a Hash in base64", mtls.XFCC, "Hash=" + thumbprint8705, "its Hash is not a SHA-256 digest"},
		{"a Hash in a value", mtls.XFCC, `Subject="Hash=` + digest + `"`, "it has no Hash"},
		{"a Hash after an escaped quote", mtls.XFCC, `Subject="\";Hash=` + digest + `"`, "it has no Hash"},
		{"a Hash in a value, and another", mtls.XFCC, `Subject="CN=x,Hash=0";Hash=` + digest, "it has more than one Hash"},
		{"a hash in a URI, and another", mtls.XFCC, "URI=https://a.example.com/?hASH=0;Hash=" + digest, "it has more than one Hash"},
		{"a URI that begins and ends with a quote", mtls.XFCC, `By=x;URI=";Hash=` + digest + `;DNS="`, "it has quotes around another value than Subject, Cert and Chain"},
		{"a URI in quotes", mtls.XFCC, "Hash=" + digest + `;URI="x"`, "it has quotes around another value than Subject, Cert and Chain"},
		{"a quote within a value", mtls.XFCC, `By=x"y;Hash=` + digest, "it has a quote inside a value without quotes"},
		{"more after a quote", mtls.XFCC, `Subject="x"y;Hash=` + digest, "it has more after a value in quotes"},
		{"an open quote", mtls.XFCC, "Hash=" + digest + `;Cert="x`, "it has a value whose quotes do not end"},
		{"an escape at the end", mtls.XFCC, "Hash=" + digest + `;Chain="x\`, "it has a value whose quotes do not end"},
		{"16 KiB and a byte", mtls.XFCC, "Hash=" + digest + ";By=" + strings.Repeat("x", 16<<10-72), "it has 16385 bytes, and at most 16384 are read"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := mustForwarded(t, "X-Cert", tc.format, "10.0.0.7").Confirm(from(proxy, "X-Cert", tc.value), "token", hash)
			want := "mtls: the header X-Cert is not what " + tc.format.String() + " reads: check what the proxy writes: " + tc.want
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("error %v\nwant  %s", err, want)
			}
		})
	}
	t.Run("16 KiB", func(t *testing.T) {
		value := "Hash=" + digest + ";By=" + strings.Repeat("x", 16<<10-73)
		if err := mustForwarded(t, "X-Cert", mtls.XFCC, "10.0.0.7").Confirm(from(proxy, "X-Cert", value), "token", hash); err != nil {
			t.Error(err)
		}
	})
}

// A header counts only if it comes from a proxy.
func TestProxies(t *testing.T) {
	for _, tc := range []struct {
		name    string
		proxies []string
		remote  string
		ok      bool
	}{
		{"the proxy", []string{"10.0.0.7"}, "10.0.0.7:1", true},
		{"the second proxy", []string{"10.0.0.6", "10.0.0.7"}, "10.0.0.7:1", true},
		{"another host", []string{"10.0.0.7"}, "10.0.0.8:1", false},
		{"in the range", []string{"10.0.0.0/29"}, "10.0.0.7:1", true},
		{"beyond the range", []string{"10.0.0.0/29"}, "10.0.0.8:1", false},
		{"IPv6", []string{"2001:db8::7"}, "[2001:db8::7]:1", true},
		{"IPv6 in the range", []string{"2001:db8::/64"}, "[2001:db8::7]:1", true},
		{"another IPv6 host", []string{"2001:db8::7"}, "[2001:db8::8]:1", false},
		{"IPv4 on a socket for IPv6", []string{"10.0.0.7"}, "[::ffff:10.0.0.7]:1", true},
		{"another one on a socket for IPv6", []string{"10.0.0.7"}, "[::ffff:10.0.0.8]:1", false},
		{"loopback is not every loopback", []string{"127.0.0.1"}, "[::1]:1", false},
		{"no address", []string{"10.0.0.7"}, "", false},
		{"no port", []string{"10.0.0.7"}, "10.0.0.7", false},
		{"a name", []string{"10.0.0.7"}, "proxy:1", false},
		{"what looks like a Unix socket", []string{"unix"}, "@", false},
		{"TCP, where a Unix socket is meant", []string{"unix"}, "127.0.0.1:1", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := mustForwarded(t, "Client-Cert", mtls.Base64DER, tc.proxies...)
			err := b.Confirm(from(tc.remote, "Client-Cert", base64Of8705, "X-Forwarded-For", "10.0.0.7", "Forwarded", "for=10.0.0.7"), "token", thumbprintOf(der8705(t)))
			if (err == nil) != tc.ok {
				t.Fatalf("error %v", err)
			}
			want := fmt.Sprintf("mtls: the request comes from %q, which is not a configured proxy: name it in mtls.Forwarded if it is yours", tc.remote)
			if tc.name == "no port" {
				want = `mtls: RemoteAddr is "10.0.0.7" and has no port, so a handler outside has changed it: put that inside of the middleware`
			}
			if err != nil && err.Error() != want {
				t.Errorf("error %v\nwant  %s", err, want)
			}
		})
	}
}

// A real server listens on a Unix socket, and the proxy's end of it has a name or not.
func TestUnixSocket(t *testing.T) {
	for _, tc := range []struct {
		name, proxy string
		named, ok   bool
	}{
		{"unix", "unix", false, true},
		{"unix, from a socket with a name", "unix", true, true},
		{"an address", "127.0.0.1", false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := mustForwarded(t, "X-Cert", mtls.Base64DER, tc.proxy)
			place := t.TempDir()
			address := &net.UnixAddr{Name: filepath.Join(place, "server"), Net: "unix"}
			l, err := net.ListenUnix("unix", address)
			if err != nil {
				t.Fatal(err)
			}
			thumbprint := thumbprintOf(der8705(t))
			server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.RemoteAddr = "127.0.0.1:1" // what a middleware outside has written does not count
				if err := b.Confirm(r, "token", thumbprint); err != nil {
					fmt.Fprint(w, err)
				}
			})}
			go server.Serve(l)
			defer server.Close()
			var local *net.UnixAddr
			if tc.named {
				local = &net.UnixAddr{Name: filepath.Join(place, "client"), Net: "unix"}
			}
			conn, err := net.DialUnix("unix", local, address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			r := from("", "X-Cert", base64Of8705, "Connection", "close")
			if err := r.Write(conn); err != nil {
				t.Fatal(err)
			}
			answer, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			if refused := strings.Contains(string(answer), "which is not a configured proxy"); refused == tc.ok || !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
				t.Errorf("answer %s", answer)
			}
		})
	}
}

// Of two headers none counts, in whatever order they are.
func TestOneHeader(t *testing.T) {
	b := mustForwarded(t, "x-cert", mtls.Base64DER, "10.0.0.7")
	other := base64.StdEncoding.EncodeToString(newCertificate(t).Certificate[0])
	const none = "mtls: the request has no header X-Cert with a certificate: have the client send its own, and the proxy ask for it and pass it"
	const two = "mtls: the request has 2 headers X-Cert: have the proxy remove those that a client sends"
	for _, tc := range []struct {
		name   string
		values []string
		want   string
	}{
		{"one", []string{base64Of8705}, ""},
		{"none", nil, none},
		{"an empty one", []string{""}, none},
		{"spaces", []string{" \t"}, none},
		{"one and another", []string{base64Of8705, other}, two},
		{"another and one", []string{other, base64Of8705}, two},
		{"one twice", []string{base64Of8705, base64Of8705}, two},
		{"one and nothing", []string{base64Of8705, ""}, two},
		{"nothing and one", []string{"", base64Of8705}, two},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := from(proxy)
			r.Header["X-Cert"] = tc.values
			err := b.Confirm(r, "token", thumbprintOf(der8705(t)))
			if got := fmt.Sprint(err); got != tc.want && !(err == nil && tc.want == "") {
				t.Errorf("error %s\nwant  %s", got, tc.want)
			}
		})
	}
	t.Run("the certificate of the connection does not count", func(t *testing.T) {
		r := from(proxy)
		cert, _ := x509.ParseCertificate(der8705(t))
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert}}
		if err := b.Confirm(r, "token", thumbprintOf(cert.Raw)); err == nil || err.Error() != none {
			t.Errorf("error %v", err)
		}
	})
}

func TestForwardedMisuse(t *testing.T) {
	const like = `: write it like 10.0.0.7, ::1 or 10.0.0.0/24, without a port, or "unix"`
	for _, tc := range []struct {
		name, header string
		format       mtls.Format
		proxies      []string
		want         []string
	}{
		{"no header", "", mtls.XFCC, []string{"::1"}, []string{`mtls: "" is not the name of a header: write it like X-SSL-Client-Cert`}},
		{"the client's token", "authorization", mtls.XFCC, []string{"::1"}, []string{`mtls: the header Authorization is the client's own`}},
		{"the client's proof", "DPoP", mtls.XFCC, []string{"::1"}, []string{`mtls: the header Dpop is the client's own`}},
		{"a header that is not there", "Host", mtls.XFCC, []string{"::1"}, []string{`mtls: net/http takes Host out of the headers`}},
		{"a header with a colon", "Client-Cert:", mtls.XFCC, []string{"::1"}, []string{`mtls: "Client-Cert:" is not the name of a header`}},
		{"no format", "X-Cert", 0, []string{"::1"}, []string{"mtls: the format 0 is not known: use ClientCert, EscapedPEM, XFCC or Base64DER"}},
		{"an unknown format", "X-Cert", 5, []string{"::1"}, []string{"mtls: the format 5 is not known"}},
		{"no proxy", "x-cert", mtls.XFCC, nil, []string{"mtls: no proxy may send the header X-Cert, so that no certificate would count: name the proxy's address"}},
		{"an empty proxy", "X-Cert", mtls.XFCC, []string{""}, []string{`mtls: the proxy "" is not an address` + like}},
		{"a name", "X-Cert", mtls.XFCC, []string{"localhost"}, []string{`mtls: the proxy "localhost" is not an address` + like}},
		{"a port", "X-Cert", mtls.XFCC, []string{"10.0.0.7:443"}, []string{`mtls: the proxy "10.0.0.7:443" is not an address` + like}},
		{"a socket", "X-Cert", mtls.XFCC, []string{"@"}, []string{`mtls: the proxy "@" is not an address` + like}},
		{"a zone", "X-Cert", mtls.XFCC, []string{"fe80::1%eth0"}, []string{`mtls: the proxy "fe80::1%eth0" has a zone (%): use an address that is the same on every interface`}},
		{"IPv4 in IPv6", "X-Cert", mtls.XFCC, []string{"::ffff:10.0.0.7"}, []string{`mtls: the proxy "::ffff:10.0.0.7" is an IPv4 address in IPv6: write it like 10.0.0.7`}},
		{"bits of a host", "X-Cert", mtls.XFCC, []string{"10.0.0.7/24"}, []string{`mtls: the proxy "10.0.0.7/24" is an address and not the first one of a range: write 10.0.0.7, or 10.0.0.0/24`}},
		{"no address", "X-Cert", mtls.XFCC, []string{"0.0.0.0", "::"}, []string{`mtls: the proxy "0.0.0.0" is the address of no connection: name the proxy's address`, `mtls: the proxy "::" is the address of no connection`}},
		{"everybody", "X-Cert", mtls.XFCC, []string{"0.0.0.0/0"}, []string{`mtls: the proxy "0.0.0.0/0" is every address, so that anybody could send a certificate: name the proxy's address`}},
		{"everybody on IPv6", "X-Cert", mtls.XFCC, []string{"::/0"}, []string{`mtls: the proxy "::/0" is every address`}},
		{"all at once", "", 0, []string{"unix", "10.0.0.7/8", "localhost"}, []string{"header", "format", "10.0.0.7/8", "localhost"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b, err := mtls.Forwarded(tc.header, tc.format, tc.proxies...)
			if err == nil || b != nil {
				t.Fatalf("binding %v, error %v", b, err)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(tc.want) {
				t.Fatalf("error %v", err)
			}
			for i, want := range tc.want {
				if !strings.Contains(lines[i], want) {
					t.Errorf("line %s\nwant %s", lines[i], want)
				}
			}
		})
	}
}

// The middleware must answer every error as it answers a refused token.
func TestErrorsHaveNoKind(t *testing.T) {
	forwarded := mustForwarded(t, "X-Cert", mtls.EscapedPEM, "10.0.0.7")
	thumbprint := thumbprintOf(der8705(t))
	inPEM := escaped(pemOf(newCertificate(t).Certificate[0]))
	for name, err := range map[string]error{
		"another":    forwarded.Confirm(from(proxy, "X-Cert", inPEM), "token", thumbprint),
		"none":       forwarded.Confirm(from(proxy), "token", thumbprint),
		"malformed":  forwarded.Confirm(from(proxy, "X-Cert", "%"), "token", thumbprint),
		"elsewhere":  forwarded.Confirm(from("10.0.0.8:1", "X-Cert", inPEM), "token", thumbprint),
		"connection": mtls.Connection().Confirm(from(proxy), "token", thumbprint),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "mtls: ") {
			t.Errorf("%s: error %v", name, err)
		}
		for _, kind := range []error{jwthttp.ErrInvalidProof, jwthttp.ErrUseNonce, jwthttp.ErrUnavailable, jwthttp.ErrInvalidRequest} {
			if errors.Is(err, kind) {
				t.Errorf("%s: error %v is %v", name, err, kind)
			}
		}
	}
}

func TestBinding(t *testing.T) {
	for _, b := range []jwthttp.Binding{mtls.Connection(), mustForwarded(t, "X-Cert", mtls.XFCC, "::1")} {
		h := http.Header{}
		b.Answer(h)
		if name, parameters := b.Scheme(); b.Member() != "x5t#S256" || name != "" || parameters != "" || len(h) > 0 {
			t.Errorf("member %s, scheme %q %q, headers %v", b.Member(), name, parameters, h)
		}
	}
	for format, want := range map[mtls.Format]string{0: "", mtls.ClientCert: "ClientCert", mtls.EscapedPEM: "EscapedPEM", mtls.XFCC: "XFCC", mtls.Base64DER: "Base64DER", 5: ""} {
		if format.String() != want {
			t.Errorf("String is %q, want %q", format.String(), want)
		}
	}
}

// A client chooses what is in its certificate, so no error text quotes that.
func TestErrorsQuoteNoCertificate(t *testing.T) {
	names, err := asn1.Marshal([]asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte("https://secret%zz/")}})
	if err != nil {
		t.Fatal(err)
	}
	der := newCertificate(t, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: names}).Certificate[0]
	err = mustForwarded(t, "X-Cert", mtls.Base64DER, "10.0.0.7").Confirm(from(proxy, "X-Cert", base64.StdEncoding.EncodeToString(der)), "token", thumbprintOf(der))
	if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "it is not one certificate") {
		t.Errorf("error %v", err)
	}
}

// A certificate that a client has made for it costs much to parse. SECURITY.md says how much. From
// elsewhere than a proxy it costs nothing.
func TestCostOfCertificates(t *testing.T) {
	names := strings.Repeat("\x86\x01a", 3850) // URIs
	value := append([]byte{0x30, 0x82, byte(len(names) >> 8), byte(len(names))}, names...)
	largest := base64.StdEncoding.EncodeToString(newCertificate(t, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: value}).Certificate[0])
	small := newCertificate(t).Certificate[0]
	for _, tc := range []struct {
		name          string
		remote        string
		format        mtls.Format
		header        string
		atLeast, most uint64
	}{
		{"a small one in PEM", proxy, mtls.EscapedPEM, escaped(pemOf(small)), 0, 5 << 10},
		{"a small one in base64", proxy, mtls.Base64DER, base64.StdEncoding.EncodeToString(small), 0, 5 << 10},
		{"many names", proxy, mtls.Base64DER, largest, 600 << 10, 700 << 10},
		{"many names in Client-Cert", proxy, mtls.ClientCert, ":" + largest + ":", 600 << 10, 700 << 10},
		{"many names, not from a proxy", "10.0.0.8:1", mtls.Base64DER, largest, 0, 1 << 10},
	} {
		b, r := mustForwarded(t, "X-Cert", tc.format, "10.0.0.7"), from(tc.remote, "X-Cert", tc.header)
		const runs = 10
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			if err := b.Confirm(r, "token", [sha256.Size]byte{}); err == nil || strings.Contains(err.Error(), "is not what") {
				t.Fatalf("%s: %v", tc.name, err)
			}
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > tc.most || got < tc.atLeast && strconv.IntSize == 64 {
			t.Errorf("%s: %d bytes, want %d to %d", tc.name, got, tc.atLeast, tc.most)
		}
	}
}

func TestZeroBinding(t *testing.T) {
	_, err := jwthttp.New[struct{}](jwthttp.HS256([]byte("0123456789abcdef0123456789abcdef")), jwthttp.Options{Bindings: []jwthttp.Binding{&mtls.Binding{}}})
	if err == nil || !strings.Contains(err.Error(), "a *mtls.Binding without a Member: make it with the function of its package") {
		t.Errorf("error %v", err)
	}
}
