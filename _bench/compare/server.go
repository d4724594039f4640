package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/_bench/tokens"
)

// server sends load from a second process to servers, which differ only in what protects the
// handler. The token is one of Keycloak's, and three fields of it are wanted.
func server(r *Report) error {
	load, err := newLoad()
	if err != nil {
		return err
	}
	bare := contest.Contestant{Name: "the bare handler", Protect: func(_ string, next http.Handler) (http.Handler, error) { return next, nil }}
	golangJWT := keycloakThree.Same[1]
	contestants := []contest.Contestant{bare, keycloakThree.Alone, golangJWT, keycloakThree.Same[len(keycloakThree.Same)-1]}
	for _, alg := range []string{"HS256", "RS256"} {
		var urls []string
		for _, c := range contestants {
			url, stop, err := listen(c, alg)
			if err != nil {
				return err
			}
			defer stop()
			urls = append(urls, url)
		}
		token := contest.Signed(alg, 1, tokens.Keycloak.Payload)[0]
		rates, medians, cpu := make([][]float64, len(urls)), make([][]float64, len(urls)), make([][]float64, len(urls))
		toBare, toGolangJWT := make([]float64, r.Rounds), make([]float64, r.Rounds)
		for round := range r.Rounds {
			for turn := range urls {
				i := (turn + round) % len(urls)
				before := cpuTime()
				got, err := load.send(urls[i], token)
				if err != nil {
					return err
				}
				took := float64(cpuTime()-before) / (got.rate * loadTime.Seconds()) // of the servers
				rates[i], medians[i], cpu[i] = append(rates[i], got.rate), append(medians[i], float64(got.p50)), append(cpu[i], took)
			}
			toBare[round] = rates[1][round] / rates[0][round]
			toGolangJWT[round] = rates[1][round] / rates[2][round]
		}
		t := Table{Work: fmt.Sprintf("%s, %v, a server on loopback, load from a second process on the same CPUs: wall time for a request", alg, tokens.Keycloak), Note: load.note}
		for i, c := range contestants {
			name := fmt.Sprintf("%s: %.0f requests a second, %+.0f µs at p50, %.0f µs of CPU", c.Name, median(rates[i]), (median(medians[i])-median(medians[0]))/1000, median(cpu[i])/1000)
			t.Rows = append(t.Rows, Row{Name: name, Ns: 1e9 / median(rates[i]), Ratio: median(rates[0]) / median(rates[i])})
		}
		r.Tables = append(r.Tables, t)
		want := 1.2
		if alg == "HS256" {
			want = 1 // most of the time is net/http's and that of the load itself
		}
		r.atLeast(alg+", requests per second of a server, ratio to golang-jwt's", median(toGolangJWT), want, 0)
		r.atLeast(alg+", requests per second of a server, ratio to the bare handler's", median(toBare), 0.82, 0.85)
	}
	return nil
}

// listen starts a server. The handler answers with a 204.
func listen(c contest.Contestant, alg string) (url string, stop func(), err error) {
	handler, err := c.Protect(alg, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	if err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go s.Serve(l)
	return "http://" + l.Addr().String() + "/", func() { s.Shutdown(context.Background()) }, nil
}
