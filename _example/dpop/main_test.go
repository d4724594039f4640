package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/dpop"
)

const (
	secret       = "a secret of 32 bytes for testing"
	apiOrigin    = "https://api.example.com"
	issuerOrigin = "https://issuer.example.com"
)

// asProgram makes this test binary the program, in a process of its own.
const asProgram = "RUN_AS_PROGRAM=1"

func TestMain(m *testing.M) {
	if os.Getenv("RUN_AS_PROGRAM") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func program(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A process is the program while it serves.
type process struct {
	profile string
	addr    string // of the API
	issuer  string // its URL
	nonce   string // a current one, with -profile nonces
	printed string
}

// serve runs the program until the test ends.
func serve(t *testing.T, profile string, args ...string) *process {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, program(t), append([]string{"-addr", "127.0.0.1:0", "-profile", profile}, args...)...)
	cmd.Env = []string{asProgram, "JWT_SECRET=" + secret}
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s", &log)
		}
	})
	p := &process{profile: profile}
	api, issuer := regexp.MustCompile(`^curl -i http://(127\.0\.0\.1:\d+)/orders$`), regexp.MustCompile(`^curl -i (http://127\.0\.0\.1:\d+)/$`)
	for lines := bufio.NewScanner(out); p.issuer == ""; {
		if !lines.Scan() {
			t.Fatalf("it prints no addresses:\n%s", p.printed)
		}
		p.printed += lines.Text() + "\n"
		if m := api.FindStringSubmatch(lines.Text()); m != nil {
			p.addr = m[1]
		} else if m := issuer.FindStringSubmatch(lines.Text()); m != nil {
			p.issuer = m[1]
		}
	}
	if profile == "nonces" {
		answer := p.sends(t, owner(t).request(p, "GET", "/"))
		if p.nonce = answer.Header.Get("DPoP-Nonce"); p.nonce == "" {
			t.Fatalf("no nonce: %d %v", answer.StatusCode, answer.Header)
		}
	}
	return p
}

// A request is what goes over the wire, byte by byte.
type request struct {
	method, target, host string
	fields               []string // "Name: value"
	body                 string
}

func (r request) with(fields ...string) request {
	r.fields = append(r.fields[:len(r.fields):len(r.fields)], fields...)
	return r
}

type answer struct {
	*http.Response
	body string
}

func (p *process) sends(t *testing.T, r request) answer {
	t.Helper()
	a, err := p.try(r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (p *process) try(r request) (answer, error) {
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		return answer{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	lines := append([]string{r.method + " " + r.target + " HTTP/1.1", "Host: " + r.host, "Connection: close"}, r.fields...)
	if _, err := io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n\r\n"+r.body); err != nil {
		return answer{}, err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: r.method})
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res, string(body)}, err
}

// A wrong command line, or a wrong setting, gets an error that says what is wrong.
func TestMistakes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tc := range []struct {
		name, secret, want string
		args               []string
	}{
		{"argument", "", `what is "check"?`, []string{"check"}},
		{"flag", "", "not defined", []string{"-nonsense"}},
		{"profile", "", `-profile is "none": use required, both or nonces`, []string{"-profile", "none"}},
		{"origin without https", "", "-origin, or -addr: dpop: ", []string{"-origin", "http://api.example.com"}},
		{"all addresses and no origin", "", "-origin, or -addr: dpop: ", []string{"-addr", ":0"}},
		{"short secret", "short", "JWT_SECRET: jwthttp: ", nil},
		{"taken port", "", "choose another address such as -addr 127.0.0.1:5001", []string{"-addr", taken.Addr().String()}},
		{"call without an issuer", "", "-call and -issuer need each other", []string{"-call", "http://127.0.0.1:1/"}},
		{"issuer without a call", "", "-call and -issuer need each other", []string{"-issuer", "http://127.0.0.1:1"}},
		{"no such issuer", "", "the issuer gave no token, is -issuer as the server has printed it?", []string{"-call", "http://127.0.0.1:1/", "-issuer", "http://127.0.0.1:1"}},
		{"check of an origin", "", "so it takes no -origin", []string{"-check", "-origin", apiOrigin}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			args := tc.args
			if len(args) == 0 || args[0] != "-addr" {
				args = append([]string{"-addr", "127.0.0.1:0"}, args...)
			}
			getenv := func(name string) string { return map[string]string{"JWT_SECRET": tc.secret}[name] }
			if err := run(t.Context(), args, getenv, io.Discard); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// The program tries itself, and needs no settings.
func TestCheck(t *testing.T) {
	for _, profile := range []string{"required", "both", "nonces"} {
		cmd := exec.CommandContext(t.Context(), program(t), "-check", "-profile", profile)
		cmd.Env = []string{asProgram, "PATH=" + os.Getenv("PATH")}
		if out, err := cmd.Output(); err != nil || !strings.HasSuffix(string(out), "all 6 answers were right\n") {
			t.Errorf("%s: %v\n%s", profile, err, out)
		}
	}
}

func mustIssuer(t *testing.T, self, origin string) http.Handler {
	t.Helper()
	issuer, err := newIssuer([]byte(secret), self, origin)
	if err != nil {
		t.Fatal(err)
	}
	return issuer
}

// serveIssuer starts an issuer, which is to be closed.
func serveIssuer(t *testing.T, origin string) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = mustIssuer(t, "http://"+server.Listener.Addr().String(), origin)
	server.Start()
	return server
}

// A token is bound to the key of the proof that came with its request.
func TestIssuer(t *testing.T) {
	issuer := mustIssuer(t, issuerOrigin, apiOrigin)
	key, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	good, err := key.Proof("POST", issuerOrigin+"/token", "", "")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := key.Proof("POST", apiOrigin+"/token", "", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, proof string
		status      int
		jkt         string
	}{
		{"a proof", good, 200, key.Thumbprint()},
		{"the same again", good, 400, ""},
		{"a proof for another server", elsewhere, 400, ""},
		{"not a proof", "x", 400, ""},
		{"no proof", "", 200, ""},
	} {
		r := httptest.NewRequest("POST", "/token", nil)
		if tc.proof != "" {
			r.Header.Set("DPoP", tc.proof)
		}
		w := httptest.NewRecorder()
		issuer.ServeHTTP(w, r)
		var claims struct {
			jwt.RegisteredClaims
			Confirmation struct{ JKT string } `json:"cnf"`
		}
		if w.Code == 200 {
			if _, err := jwt.ParseWithClaims(w.Body.String(), &claims, func(*jwt.Token) (any, error) { return []byte(secret), nil }); err != nil {
				t.Errorf("%s: %v", tc.name, err)
			}
		}
		if w.Code != tc.status || claims.Confirmation.JKT != tc.jkt {
			t.Errorf("%s: %d %s, bound to %q", tc.name, w.Code, w.Body, claims.Confirmation.JKT)
		}
	}
}
