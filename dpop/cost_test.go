package dpop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

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
	s := p256()
	v, thumbprint := verifier(t, dpop.Options{}), s.thumbprint()
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
		"method":           {s.sign(s.header(), payload().with("htm", long)), 4096},
		"many members":     {s.sign(s.header(), raw(strings.Replace(payload().String(), "{", `{"htm":[`+strings.Repeat("[],", 400)+`[]],`, 1))), 4096},
	} {
		r := request("GET", target, tc.proof)
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

// underRace reports whether the race detector is on.
func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func bytesPerRun(f func()) int64 {
	const n = 200
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		f()
	}
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc-before.TotalAlloc) / n
}
