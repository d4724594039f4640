package bench

import (
	"net/http"
	"testing"

	"github.com/jwthttp/jwthttp/_bench/contest"
)

// run sends the tokens one after another, again and again.
func run(b *testing.B, c contest.Contestant, alg string, tokens []contest.Token) {
	rig, err := c.NewRig(alg)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		rig.Serve(tokens[i])
		if i++; i == len(tokens) {
			i = 0
		}
	}
}

func BenchmarkHS256(b *testing.B) {
	tokens := contest.Tokens("HS256", 0, 2000)
	for _, c := range contest.All {
		b.Run(c.Name, func(b *testing.B) { run(b, c, "HS256", tokens) })
	}
}

func BenchmarkRS256FirstSight(b *testing.B) {
	tokens := contest.Tokens("RS256", 0, 2000)
	for _, c := range append([]contest.Contestant{contest.OursNoMemory}, contest.All[1:]...) {
		b.Run(c.Name, func(b *testing.B) { run(b, c, "RS256", tokens) })
	}
}

func BenchmarkRS256Seen(b *testing.B) {
	tokens := contest.Tokens("RS256", 0, 200)
	for _, c := range contest.All {
		b.Run(c.Name, func(b *testing.B) { run(b, c, "RS256", tokens) })
	}
}

func BenchmarkForged8KiB(b *testing.B) {
	for _, alg := range []string{"HS256", "RS256"} {
		tokens := []contest.Token{contest.Forged(alg)}
		for _, c := range contest.All {
			if c.Name == contest.ContextFloor.Name {
				continue
			}
			b.Run(alg+"/"+c.Name, func(b *testing.B) { run(b, c, alg, tokens) })
		}
	}
	b.Run("HS256/floor: the HMAC of those bytes", func(b *testing.B) {
		hash := contest.HMACOf(contest.Forged("HS256"))
		for b.Loop() {
			hash()
		}
	})
}

func BenchmarkParallelHS256(b *testing.B) {
	tokens := contest.Tokens("HS256", 0, 2000)
	for _, c := range []contest.Contestant{contest.Ours, contest.Floor, contest.GolangJWT} {
		b.Run(c.Name, func(b *testing.B) {
			handler, err := c.Protect("HS256", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				rig := contest.Share(handler)
				for i := 0; pb.Next(); i = (i + 1) % len(tokens) {
					rig.Serve(tokens[i])
				}
			})
		})
	}
}
