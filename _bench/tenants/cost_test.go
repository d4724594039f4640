package tenants

import (
	"slices"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp"
)

// inTurns returns the median time of one call of each function, in nanoseconds, and the median
// of the ratios of the second to the first. They run in short turns, so what else the machine
// does changes both alike.
func inTurns(rounds, calls int, first, second func(i int)) (a, b, ratio float64) {
	var as, bs, ratios []float64
	measure := func(f func(int), round int) float64 {
		start := time.Now()
		for i := range calls {
			f(round*calls + i)
		}
		return float64(time.Since(start)) / float64(calls)
	}
	for round := range rounds {
		var x, y float64
		if round%2 == 0 {
			x = measure(first, round)
			y = measure(second, round)
		} else {
			y = measure(second, round)
			x = measure(first, round)
		}
		as, bs, ratios = append(as, x), append(bs, y), append(ratios, y/x)
	}
	median := func(values []float64) float64 {
		slices.Sort(values)
		return values[len(values)/2]
	}
	return median(as), median(bs), median(ratios)
}

// TestCost compares Tenants with Issuers. For a known tenant, the goal is a ratio of 1.1. The test
// fails well above that, because the machine may do other things.
func TestCost(t *testing.T) {
	r := newRig(t)
	for _, work := range []struct {
		name string
		most float64
		call func(source jwthttp.KeySource, auth *jwthttp.Middleware[claims]) func(int)
	}{
		{"the keys of a known tenant", 1.5, func(source jwthttp.KeySource, _ *jwthttp.Middleware[claims]) func(int) {
			return func(i int) {
				if keys, err := source.Keys(t.Context(), r.headers[r.draw(i)]); err != nil || len(keys) != 1 {
					t.Fatal(keys, err)
				}
			}
		}},
		{"a token of a known tenant", 1.5, func(_ jwthttp.KeySource, auth *jwthttp.Middleware[claims]) func(int) {
			return func(i int) {
				if _, err := auth.Verify(t.Context(), r.tokens[r.draw(i)]); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"a token of an unknown issuer", 3, func(_ jwthttp.KeySource, auth *jwthttp.Middleware[claims]) func(int) {
			return func(i int) {
				if _, err := auth.Verify(t.Context(), r.unknown[i%len(r.unknown)]); err == nil {
					t.Fatal("an unknown issuer is accepted")
				}
			}
		}},
	} {
		issuers, tenants := work.call(r.issuers, r.issuersAuth), work.call(r.tenants, r.tenantsAuth)
		inTurns(2, 5000, issuers, tenants)
		a, b, ratio := inTurns(200, 1000, issuers, tenants)
		i := 0
		allocs := testing.AllocsPerRun(1000, func() { tenants(i); i++ }) - testing.AllocsPerRun(1000, func() { issuers(i); i++ })
		t.Logf("%s: %.0f ns with Issuers, %.0f ns with Tenants, ratio %.3f, %+.0f allocations", work.name, a, b, ratio, allocs)
		if ratio > work.most || allocs > 0 {
			t.Errorf("%s: ratio %.3f, %+.0f allocations", work.name, ratio, allocs)
		}
	}
}
