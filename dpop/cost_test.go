package dpop_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
)

// BenchmarkConfirm is beside what it cannot do without: one signature and two digests.
func BenchmarkConfirm(b *testing.B) {
	for _, s := range []signer{p256(), edwards()} {
		proof := s.sign(s.header(), payload())
		end := strings.LastIndexByte(proof, '.')
		input := []byte(proof[:end])
		sum := sha256.Sum256(input)
		signature, err := s.private.Sign(rand.Reader, sum[:], crypto.SHA256)
		if s.alg == "EdDSA" {
			signature, err = s.private.Sign(rand.Reader, input, crypto.Hash(0))
		}
		if err != nil {
			b.Fatal(err)
		}
		b.Run(s.alg+"/bare", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sum := sha256.Sum256(input)
				sha256.Sum256([]byte(token))
				switch pub := s.private.Public().(type) {
				case *ecdsa.PublicKey:
					if !ecdsa.VerifyASN1(pub, sum[:], signature) {
						b.Fatal()
					}
				case ed25519.PublicKey:
					if !ed25519.Verify(pub, input, signature) {
						b.Fatal()
					}
				}
			}
		})
		v := verifier(b, dpop.Options{AllowReplays: true})
		thumbprint := s.thumbprint()
		good := request("GET", target, proof)
		run := func(name string, r *http.Request, thumbprint [sha256.Size]byte, ok bool) {
			b.Run(s.alg+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := v.Confirm(r, token, thumbprint); (err == nil) != ok {
						b.Fatal(err)
					}
				}
			})
		}
		run("good", good, thumbprint, true)
		v = verifier(b, dpop.Options{})
		b.Run(s.alg+"/replayed", func(b *testing.B) {
			b.ReportAllocs()
			v.Confirm(good, token, thumbprint)
			for b.Loop() {
				if err := v.Confirm(good, token, thumbprint); err == nil {
					b.Fatal("it passed")
				}
			}
		})
		run("refused, another key", good, [sha256.Size]byte{}, false)
		run("refused, typ", request("GET", target, s.sign(s.header().with("typ", "JWT"), payload())), thumbprint, false)
		run("refused, private", request("GET", target, s.sign(s.header().with("jwk", s.jwk().with("d", "AQ")), payload())), thumbprint, false)
		run("refused, alg", request("GET", target, s.sign(s.header().with("alg", "RS256"), payload())), thumbprint, false)
	}
}

// A refused proof takes less than 4 KiB. Without a verified signature it is much less.
func TestCostOfRefusals(t *testing.T) {
	if underRace() {
		t.Skip("the race detector empties pools at random: run the test without -race")
	}
	s, ed := p256(), edwards()
	v, thumbprint := verifier(t, dpop.Options{}), s.thumbprint()
	withNonces := verifier(t, dpop.Options{Nonces: newNonces(t, secretA)})
	jwk := func(member string) string {
		return s.sign(raw(strings.Replace(s.header().String(), `"jwk":{`, `"jwk":{`+member+`,`, 1)), payload())
	}
	claim := func(member string) string {
		return s.sign(s.header(), raw(strings.Replace(payload().String(), "{", "{"+member+",", 1)))
	}
	escapes := strings.Repeat(`\u0041`, 240)
	long := strings.Repeat("x", 1900)
	for name, tc := range map[string]struct {
		proof string
		most  int64
	}{
		"garbage":          {strings.Repeat("A", 4096), 512},
		"large header":     {s.sign(s.header().with("typ", long[:1200]), payload()), 1024},
		"another key":      {p256two().sign(p256two().header(), payload()), 2048},
		"signature":        {p256two().sign(s.header(), payload()), 4096},
		"URL":              {s.sign(s.header(), payload().with("htu", base+"/"+long)), 4096},
		"URL with escapes": {s.sign(s.header(), payload().with("htu", base+"/"+strings.Repeat("%2f", 500))), 4096},
		"URL with dots":    {s.sign(s.header(), payload().with("htu", base+strings.Repeat("/a/..", 300))), 4096},
		"URL with a host":  {s.sign(s.header(), payload().with("htu", "https://"+strings.ToUpper(long))), 4096},
		"host, 250":        {s.sign(s.header(), payload().with("htu", "https://"+strings.Repeat("A", 250)+"/")), 2560},
		"host, escapes":    {s.sign(s.header(), payload().with("htu", "https://"+strings.Repeat("%e2", 86)+"/")), 2560},
		"RSA, n":           {s.sign(s.header().with("jwk", object{"kty": "RSA", "n": strings.Repeat("_", 1880)}), payload()), 1024},
		"RSA, n and e":     {s.sign(s.header().with("jwk", object{"kty": "RSA", "n": strings.Repeat("_", 680), "e": strings.Repeat("_", 252)}), payload()), 2048},
		"EC, x":            {s.sign(s.header().with("jwk", s.jwk().with("x", strings.Repeat("A", 1800))), payload()), 1024},
		"EC, y":            {s.sign(s.header().with("jwk", s.jwk().with("y", strings.Repeat("A", 1800))), payload()), 1024},
		"OKP, x":           {s.sign(s.header().with("jwk", object{"kty": "OKP", "crv": "Ed25519", "x": strings.Repeat("A", 1800)}), payload()), 1024},
		"jwk.alg":          {jwk(`"alg":"` + long[:1500] + `"`), 1024},
		"jwk.alg, escapes": {jwk(`"alg":"` + strings.Repeat(`\u2028`, 240) + `"`), 1024},
		"jwk.kid":          {p256two().sign(raw(strings.Replace(s.header().String(), `"jwk":{`, `"jwk":{"kid":"`+long[:1500]+`",`, 1)), payload()), 2048},
		"method":           {s.sign(s.header(), payload().with("htm", long)), 4096},
		"key_ops, 401":     {jwk(`"key_ops":[` + strings.Repeat(`"",`, 400) + `"verify"]`), 4096},
		"key_ops, 401 no":  {jwk(`"key_ops":[` + strings.Repeat(`"",`, 400) + `1]`), 4096},
		"key_ops, 81":      {jwk(`"key_ops":[` + strings.Repeat(`"",`, 80) + `"verify"]`), 1024},
		"key_ops, long":    {jwk(`"key_ops":["` + escapes + `"]`), 4096},
		"use, long":        {jwk(`"use":"` + escapes + `"`), 4096},
		"kid, long":        {jwk(`"d":1,"kid":"` + escapes + `"`), 4096},
		"kty, long":        {s.sign(s.header().with("jwk", object{"kty": long[:1200]}), payload()), 4096},
		"secret":           {jwk(`"d":null`), 4096},
		"exp, long":        {claim(`"exp":0.` + strings.Repeat("0", 2000) + "1"), 4096},
		"nbf, long":        {claim(`"nbf":1` + strings.Repeat("0", 2000) + "E-1990"), 4096},
		"ath":              {s.sign(s.header(), payload().with("ath", long)), 4096},
		"jti":              {s.sign(s.header(), payload().with("jti", strings.Repeat("\u00e9", 400))), 4096},
		"Ed25519, ath":     {ed.sign(ed.header(), payload().with("ath", long)), 4096},
		"nonce, long":      {s.sign(s.header(), payload().with("nonce", strings.Repeat("A", 2000))), 4096},
		"nonce, old":       {s.sign(s.header(), payload().with("nonce", strings.Repeat("A", 43))), 4096},
		"many members":     {s.sign(s.header(), raw(strings.Replace(payload().String(), "{", `{"htm":[`+strings.Repeat("[],", 400)+`[]],`, 1))), 4096},
	} {
		r, v, thumbprint := request("GET", target, tc.proof), v, thumbprint
		if strings.HasPrefix(name, "nonce") {
			v = withNonces
		}
		if strings.HasPrefix(name, "Ed25519") {
			thumbprint = ed.thumbprint()
		}
		for range 10 { // the pools
			if err := v.Confirm(r, token, thumbprint); err == nil || errors.Is(err, jwthttp.ErrUnavailable) {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if got := bytesPerRun(func() { v.Confirm(r, token, thumbprint) }); got > tc.most {
			t.Errorf("%s: %d bytes, at most %d", name, got, tc.most)
		} else {
			t.Logf("%s: %d bytes", name, got)
		}
	}
}

// SECURITY.md has a table of what a proof costs whose signature is bad. Its numbers are neither too
// low nor much too high, and it names every algorithm.
func TestCostOfForgedProofs(t *testing.T) {
	if strconv.IntSize == 32 {
		t.Skip("the numbers of SECURITY.md are of 64-bit machines")
	}
	if underRace() {
		t.Skip("the race detector empties pools at random: run the test without -race")
	}
	text, err := os.ReadFile("../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]int64{}
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \| ([0-9]+) KiB for a proof \|$`).FindAllStringSubmatch(string(text), -1) {
		documented[m[1]], _ = strconv.ParseInt(m[2], 10, 64)
	}
	most := map[string]int64{}
	measure := func(row string, key object, alg string, signature int) {
		header := object{"typ": "dpop+jwt", "alg": alg, "jwk": key}
		proof := b64([]byte(header.String())) + "." + b64([]byte(payload().String())) + "." + b64(bytes.Repeat([]byte{1}, signature))
		v, r, thumbprint := verifier(t, dpop.Options{Algorithms: []string{alg}}), request("GET", target, proof), sha256.Sum256([]byte(key.String()))
		if err := v.Confirm(r, token, thumbprint); !contains(err, "the signature of the proof") {
			t.Fatalf("%s: %v", alg, err)
		}
		most[row] = max(most[row], bytesPerRun(func() { v.Confirm(r, token, thumbprint) }))
	}
	measure("ES256", p256().jwk(), "ES256", 64)
	measure("EdDSA", edwards().jwk(), "EdDSA", 64)
	measure("ES384, ES512", newSigner(ecKey(elliptic.P384()), "ES384").jwk(), "ES384", 96)
	measure("ES384, ES512", newSigner(ecKey(elliptic.P521()), "ES512").jwk(), "ES512", 132)
	for _, bits := range []int{2048, 3072, 4096} {
		n := make([]byte, bits/8)
		rand.Read(n)
		n[0], n[len(n)-1] = n[0]|0x80, n[len(n)-1]|1
		for _, alg := range []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"} {
			measure(fmt.Sprintf("RS256 to PS512, %d bits", bits), object{"kty": "RSA", "n": b64(n), "e": "AQAB"}, alg, bits/8)
		}
	}
	for row, got := range most {
		if kib := documented[row]; got > kib<<10 || kib > 4 && got < kib<<10*3/4 {
			t.Errorf("%s: %d bytes, and SECURITY.md says %d KiB", row, got, kib)
		}
	}
	if len(documented) != len(most) {
		t.Errorf("SECURITY.md has %d rows for proofs, and %d are measured", len(documented), len(most))
	}
}

// A refused request takes less than 4 KiB too, with the middleware, its answer and its log.
func TestCostOfRefusedRequests(t *testing.T) {
	if underRace() {
		t.Skip("the race detector empties pools at random: run the test without -race")
	}
	s, other := p256(), p256two()
	sum := s.thumbprint()
	bound, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "user", "exp": time.Now().Add(time.Hour).Unix(), "cnf": object{"jkt": b64(sum[:])}}).SignedString(secretA)
	if err != nil {
		t.Fatal(err)
	}
	claims := payload().with("ath", digest(bound))
	long := strings.Repeat("x", 1900)
	for _, opts := range []dpop.Options{{}, {Nonces: newNonces(t, secretA)}} {
		for name, proof := range map[string]string{
			"htu":         s.sign(s.header(), claims.with("htu", base+"/y")),
			"htu, long":   s.sign(s.header(), claims.with("htu", base+"/"+long)),
			"htu, quoted": s.sign(s.header(), claims.with("htu", base+"/"+strings.Repeat("\u2028", 300))),
			"htm, long":   s.sign(s.header(), claims.with("htm", long)),
			"exp, long":   s.sign(s.header(), raw(strings.Replace(claims.String(), "{", `{"exp":0.`+strings.Repeat("0", 1900)+"1,", 1))),
			"nonce":       s.sign(s.header(), claims.with("nonce", strings.Repeat("A", 43))),
			"another key": other.sign(other.header(), claims),
			"signature":   other.sign(s.header(), claims),
			"host":        s.sign(s.header(), claims.with("htu", "https://"+strings.Repeat("%e2", 86)+"/")),
			"RSA":         s.sign(s.header().with("jwk", object{"kty": "RSA", "n": strings.Repeat("_", 680), "e": strings.Repeat("_", 252)}), claims),
			"coordinates": s.sign(s.header().with("jwk", s.jwk().with("x", strings.Repeat("A", 252)).with("y", strings.Repeat("A", 252))), claims),
			"use":         s.sign(s.header().with("jwk", s.jwk().with("use", strings.Repeat("\u2028", 40))), claims),
			"jwk.alg":     s.sign(s.header().with("jwk", s.jwk().with("alg", strings.Repeat("\u2028", 40))), claims),
			"key_ops":     other.sign(s.header().with("jwk", s.jwk().with("key_ops", append([]string{"verify"}, strings.Split(long[:220], "x")[:7]...)).with("kid", long[:1000])), claims),
			"htu, 2":      s.sign(s.header(), claims.with("htu", "https://"+strings.Repeat("%e2", 86)+"/"+strings.Repeat("\u2028", 200))),
		} {
			if name == "nonce" && opts.Nonces == nil {
				continue
			}
			for _, logger := range []*slog.Logger{slog.New(slog.DiscardHandler), slog.New(slog.NewTextHandler(io.Discard, nil))} {
				auth, err := jwthttp.New[jwt.MapClaims](jwthttp.HS256(secretA), jwthttp.Options{Bindings: []jwthttp.Binding{verifier(t, opts)}, Logger: logger})
				if err != nil {
					t.Fatal(err)
				}
				r := request("GET", "/x", proof)
				r.Header.Set("Authorization", "DPoP "+bound)
				h := auth.Handler(http.NotFoundHandler())
				w := discard{http.Header{}}
				answer := func() { clear(w.h); h.ServeHTTP(w, r) }
				answer()
				if got := bytesPerRun(answer); got > 4096 || w.h["Www-Authenticate"] == nil {
					t.Errorf("%s: %d bytes, at most 4096", name, got)
				} else {
					t.Logf("%s: %d bytes", name, got)
				}
			}
		}
	}
}

// A discard is an http.ResponseWriter that costs nothing.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// underRace reports whether the race detector is on.
func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func bytesPerRun(f func()) int64 {
	const n = 200
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which would empty the pools
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		f()
	}
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc-before.TotalAlloc) / n
}
