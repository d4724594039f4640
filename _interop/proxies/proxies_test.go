package proxies

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/mtls"
)

// A setting is one way to configure a proxy.
type setting struct {
	name   string
	header string
	format mtls.Format
	value  func(der []byte) string // what a client would forge
	unix   bool                    // whether the backend listens on a Unix socket
	start  func(t testing.TB, address string, server, clients certificate, backend string)
}

func escapedPEM(der []byte) string {
	return url.PathEscape(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
}

func clientCert(der []byte) string { return ":" + base64.StdEncoding.EncodeToString(der) + ":" }

func base64DER(der []byte) string { return base64.StdEncoding.EncodeToString(der) }

func startNginx(location string) func(testing.TB, string, certificate, certificate, string) {
	return func(t testing.TB, address string, server, _ certificate, backend string) {
		t.Helper()
		dir := t.TempDir()
		if strings.HasPrefix(backend, "/") {
			backend = "unix:" + backend + ":"
		}
		config := filepath.Join(dir, "nginx.conf")
		write(t, config, []byte(fmt.Sprintf(`
daemon off;
master_process off;
pid %[1]s/pid;
error_log stderr;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	server {
		listen %[2]s ssl http2;
		ssl_certificate %[3]s;
		ssl_certificate_key %[4]s;
		ssl_verify_client optional_no_ca;
		location / {
			proxy_pass http://%[5]s;
			%[6]s
		}
	}
}
`, dir, address, server.cert, server.key, backend, location)))
		start(t, address, program(t, "nginx", "nginx"), "-p", dir, "-e", "stderr", "-c", config)
	}
}

func startHAProxy(frontend string) func(testing.TB, string, certificate, certificate, string) {
	return func(t testing.TB, address string, server, clients certificate, backend string) {
		t.Helper()
		config := filepath.Join(t.TempDir(), "haproxy.cfg")
		if strings.HasPrefix(backend, "/") {
			backend = "unix@" + backend
		}
		write(t, config, []byte(fmt.Sprintf(`
defaults
	mode http
	timeout connect 10s
	timeout client 10s
	timeout server 10s
frontend tls
	bind %s ssl crt %s alpn h2,http/1.1 verify optional ca-file %s ca-ignore-err all crt-ignore-err all
	%s
	default_backend api
backend api
	server api %s
`, address, server.certAndKey, clients.cert, frontend, backend)))
		start(t, address, program(t, "haproxy", "haproxy"), "-db", "-f", config)
	}
}

var settings = []setting{
	{"nginx", "X-SSL-Client-Cert", mtls.EscapedPEM, escapedPEM, false, startNginx(`proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;`)},
	{"nginx to a Unix socket", "X-SSL-Client-Cert", mtls.EscapedPEM, escapedPEM, true, startNginx(`proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;`)},
	{"HAProxy", "X-SSL-Client-Cert", mtls.Base64DER, base64DER, false, startHAProxy(`http-request set-header X-SSL-Client-Cert %[ssl_c_der,base64]`)},
	{"HAProxy to a Unix socket", "X-SSL-Client-Cert", mtls.Base64DER, base64DER, true, startHAProxy(`http-request set-header X-SSL-Client-Cert %[ssl_c_der,base64]`)},
	{"HAProxy with Client-Cert", "Client-Cert", mtls.ClientCert, clientCert, false, startHAProxy("http-request del-header Client-Cert\n\thttp-request set-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }")},
}

// Only a client with the certificate of its token gets through, whatever header it sends.
func TestProxies(t *testing.T) {
	server, own, other := newCertificate(t, "localhost"), newCertificate(t, "client"), newCertificate(t, "other")
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			from, place := "127.0.0.1", ""
			if s.unix {
				from, place = "unix", t.TempDir()
			}
			api, token := serve(t, mustForwarded(t, s.header, s.format, from), place), tokenFor(t, own)
			address := freePort(t)
			s.start(t, address, server, own, api)
			show := func(c certificate) []string { return []string{"--cert", c.cert, "--key", c.key} }
			forged := s.header + ": " + s.value(own.der)
			for _, tc := range []struct {
				name string
				args []string
				want string
			}{
				{"own", show(own), passed},
				{"own over HTTP/1.1", append(show(own), "--http1.1"), passed},
				{"own, with TLS 1.2", append(show(own), "--tls-max", "1.2"), passed},
				{"own, and the header", append(show(own), "--header", forged), passed},
				{"own, and the header of another", append(show(own), "--header", s.header+": "+s.value(other.der)), passed},
				{"another", show(other), refused},
				{"another, and the header", append(show(other), "--header", forged), refused},
				{"another, and the header in lower case", append(show(other), "--header", strings.ToLower(forged[:len(s.header)])+forged[len(s.header):]), refused},
				{"another, and the header with underscores", append(show(other), "--header", strings.ReplaceAll(s.header, "-", "_")+forged[len(s.header):]), refused},
				{"another, and the header twice", append(show(other), "--header", forged, "--header", forged), refused},
				{"another, and a connection header", append(show(other), "--http1.1", "--header", forged, "--header", "Connection: close, "+s.header), refused},
				{"none", nil, refused},
				{"none, and the header", []string{"--header", forged}, refused},
				{"none, and the header twice", []string{"--http1.1", "--header", forged, "--header", forged}, refused},
			} {
				t.Run(tc.name, func(t *testing.T) {
					args := append([]string{"--cacert", server.cert, "--connect-to", "localhost:443:" + address}, tc.args...)
					if got := curl(t, "https://localhost/", token, args...); got != tc.want {
						t.Errorf("answer %s\nwant   %s", got, tc.want)
					}
				})
			}
			if s.unix {
				return
			}
			t.Run("past the proxy", func(t *testing.T) {
				if got := curl(t, "http://"+api, token, "--interface", "127.0.0.2", "--header", forged); got != refused {
					t.Errorf("answer %s\nwant   %s", got, refused)
				}
			})
		})
	}
}

// Envoy is not in Debian. These are the forms of its header that its documentation shows.
func TestEnvoy(t *testing.T) {
	own := newCertificate(t, "client")
	hash := sha256.Sum256(own.der)
	digest := hex.EncodeToString(hash[:])
	other := strings.Repeat("0", len(digest))
	const by, subject = "By=http://frontend.example.com", `Subject="/C=US/ST=CA/L=San Francisco/OU=Example/CN=Test Client"`
	api := protect(t, mustForwarded(t, "X-Forwarded-Client-Cert", mtls.XFCC, "127.0.0.1"))
	for _, tc := range []struct {
		name, value string
		want        string
	}{
		{"a URI", by + ";Hash=" + digest + ";" + subject + ";URI=http://testclient.example.com", passed},
		{"two URIs", by + ";URI=http://a.example.com;URI=http://b.example.com;Hash=" + digest + ";" + subject, passed},
		{"a URI and DNS", by + ";Hash=" + digest + ";" + subject + ";URI=http://testclient.example.com;DNS=example.com;DNS=www.example.com", passed},
		{"SPIFFE, as in Istio", "By=spiffe://cluster.local/ns/a/sa/api;Hash=" + digest + `;Subject="";URI=spiffe://cluster.local/ns/b/sa/client`, passed},
		{"with certificates", "Hash=" + digest + `;Cert="` + url.QueryEscape(escapedPEM(own.der)) + `"`, passed},
		{"another", by + ";Hash=" + other + ";" + subject, refused},
		{"two proxies", by + ";Hash=" + digest + ";URI=http://testclient.example.com,By=http://backend.example.com;Hash=" + other + ";URI=http://frontend.example.com", refused},
		{"no hash", by + ";" + subject, refused},
		{"a URI of the client with a Hash", by + ";Hash=" + other + ";URI=http://a;Hash=" + digest, refused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := send(t, api, tokenFor(t, own), "127.0.0.1:1", tc.value); got != tc.want {
				t.Errorf("answer %s\nwant   %s", got, tc.want)
			}
		})
	}
	t.Run("from elsewhere", func(t *testing.T) {
		if got := send(t, api, tokenFor(t, own), "127.0.0.2:1", "Hash="+digest); got != refused {
			t.Errorf("answer %s\nwant   %s", got, refused)
		}
	})
}

// send sends what Envoy would send, and returns what it got.
func send(t testing.TB, api http.Handler, token, remote, value string) string {
	t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = remote
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("X-Forwarded-Client-Cert", value)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	return answer(fmt.Sprint(w.Code), w.Header().Get("WWW-Authenticate"), w.Body.String())
}
