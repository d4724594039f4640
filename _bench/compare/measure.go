package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/_bench/contest"
	"github.com/jwthttp/jwthttp/jwks"
)

const different = 2000 // tokens in turn: with a repeated token, a decoder's cache would seem too good

var measurements = []struct {
	name    string
	measure func(*Report) error
}{
	{"hs256", hs256}, {"seen", rs256Seen}, {"first", rs256First}, {"forged", forged},
	{"threads", threads}, {"keysets", keySets}, {"jwks", remoteKeys}, {"algorithms", algorithms}, {"memory", memory}, {"server", server},
}

func measurementNames() (names []string) {
	for _, m := range measurements {
		names = append(names, m.name)
	}
	return names
}

func measureAll(rounds int, only string) (*Report, error) {
	r := &Report{Go: runtime.Version(), CPUs: runtime.NumCPU(), Rounds: rounds}
	for _, m := range measurements {
		if only != "" && only != m.name {
			continue
		}
		if err := m.measure(r); err != nil {
			return nil, err
		}
	}
	if len(r.Goals) == 0 {
		return nil, fmt.Errorf("there is no measurement %q", only)
	}
	return r, nil
}

func hs256(r *Report) error {
	runners, err := served("HS256", contest.Tokens("HS256", 0, different), 5, contest.All...)
	if err != nil {
		return err
	}
	t := inTurns("HS256: 2,000 different tokens in turn", r.Rounds, runners)
	r.Tables = append(r.Tables, t)
	r.atMost("HS256, ratio to its floor", 1/t.row(contest.Floor.Name).Ratio, 1.25)
	r.atLeast("HS256, times faster than golang-jwt typed", t.row(contest.GolangJWT.Name).Ratio, 2.3)
	r.atLeast("HS256, times faster than auth0 v3", t.row(contest.Auth0.Name).Ratio, 10)
	r.atLeast("HS256, times faster than jwtauth", t.row(contest.JWTAuth.Name).Ratio, 12)
	r.atMost("HS256, allocations", t.Rows[0].Allocs, 12)
	r.atMost("HS256, bytes", t.Rows[0].Bytes, 900)
	return nil
}

func rs256Seen(r *Report) error {
	runners, err := served("RS256", contest.Tokens("RS256", 0, 200), 10, contest.All...)
	if err != nil {
		return err
	}
	t := inTurns("RS256, seen before: 200 tokens in turn", r.Rounds, runners)
	r.Tables = append(r.Tables, t)
	r.atLeast("RS256 seen before, times faster than golang-jwt typed", t.row(contest.GolangJWT.Name).Ratio, 8.5)
	r.atLeast("RS256 seen before, times faster than auth0 v3", t.row(contest.Auth0.Name).Ratio, 15)
	return nil
}

// rs256First gives jwthttp a new memory for every pass. The time to make the memory is not
// measured.
func rs256First(r *Report) error {
	tokens := contest.Tokens("RS256", 0, different)
	rigs := make([]*contest.Rig, r.Rounds+1)
	for i := range rigs {
		var err error
		if rigs[i], err = contest.Ours.NewRig("RS256"); err != nil {
			return err
		}
	}
	round := 0
	ours := runner{contest.Ours.Name, func() int {
		for _, token := range tokens {
			rigs[round].Serve(token)
		}
		round++
		return len(tokens)
	}}
	others, err := served("RS256", tokens, 1, contest.Floor, contest.OursNoMemory, contest.GolangJWT)
	if err != nil {
		return err
	}
	t := inTurns("RS256, first sight: 2,000 different tokens", r.Rounds, append([]runner{ours}, others...))
	r.Tables = append(r.Tables, t)
	r.atMost("RS256 first sight, ratio to its floor", 1/t.row(contest.Floor.Name).Ratio, 1.12)
	return nil
}

func forged(r *Report) error {
	for _, alg := range []string{"HS256", "RS256"} {
		token := contest.Forged(alg)
		if n := len(token) - len("Bearer "); n > 8<<10 || n < 7<<10 {
			return fmt.Errorf("the forged token has %d bytes: it is to be nearly 8 KiB", n)
		}
		runners, err := served(alg, []contest.Token{token}, 2000, contest.Ours, contest.GolangJWT, contest.Auth0, contest.JWTAuth)
		if err != nil {
			return err
		}
		hash := contest.HMACOf(token)
		if alg == "HS256" {
			runners = append(runners, runner{"floor: the HMAC of those bytes", func() int {
				for range 2000 {
					hash()
				}
				return 2000
			}})
		}
		t := inTurns(alg+", forged, "+strconv.Itoa(len(token))+" bytes", r.Rounds, runners)
		r.Tables = append(r.Tables, t)
		if alg == "RS256" {
			r.atMost("forged RS256, bytes", t.Rows[0].Bytes, 1536)
			continue
		}
		r.atLeast("forged HS256, times faster than golang-jwt", t.row(contest.GolangJWT.Name).Ratio, 6)
		r.atMost("forged HS256, ratio to the HMAC of those bytes", 1/t.row("floor: the HMAC of those bytes").Ratio, 1.6)
		r.atMost("forged HS256, bytes", t.Rows[0].Bytes, 256)
	}
	return nil
}

// threads compares the gain from a second thread with the gain of a floor.
func threads(r *Report) error {
	for _, alg := range []string{"HS256", "RS256"} {
		tokens := contest.Tokens(alg, 0, 200)
		var runners []runner
		for _, c := range []contest.Contestant{contest.Ours, contest.FloorHS256} {
			handler, err := c.Protect(alg, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			if err != nil {
				return err
			}
			floorTokens := tokens
			if c.Name == contest.FloorHS256.Name {
				floorTokens = contest.Tokens("HS256", 0, 200)
			}
			for _, n := range []int{1, 2} {
				runners = append(runners, runner{fmt.Sprintf("%s, %d threads", c.Name, n), func() int {
					const passes = 50
					var wg sync.WaitGroup
					for range n {
						wg.Go(func() {
							rig := contest.Share(handler)
							for range passes {
								for _, token := range floorTokens {
									rig.Serve(token)
								}
							}
						})
					}
					wg.Wait()
					return n * passes * len(floorTokens)
				}})
			}
		}
		t := inTurns(alg+", seen before, two threads", r.Rounds, runners)
		r.Tables = append(r.Tables, t)
		ours := t.Rows[0].Ns / t.Rows[1].Ns
		floor := t.Rows[2].Ns / t.Rows[3].Ns
		r.atLeast(alg+", gain of a second thread, ratio to the floor's", ours/floor, 0.93)
	}
	return nil
}

func keySets(r *Report) error {
	tokens := contest.Tokens("HS256", 0, different)
	var runners []runner
	for _, n := range []int{1, 100, 1000, 10000} {
		set := jwthttp.KeySet{jwthttp.HS256(contest.Secret).WithID(contest.KeyID)}
		for i := 1; i < n; i++ {
			set = append(set, jwthttp.HS256(fmt.Appendf(nil, "secret number %050d", i)).WithID(fmt.Sprintf("key-%d", i)))
		}
		c := contest.Contestant{Name: fmt.Sprintf("jwthttp, key set of %d", n), Protect: func(_ string, next http.Handler) (http.Handler, error) {
			auth, err := jwthttp.New[contest.Claims](set, jwthttp.Options{Issuer: contest.Issuer, Audience: []string{contest.Audience}})
			if err != nil {
				return nil, err
			}
			return auth.Handler(next), nil
		}}
		more, err := served("HS256", tokens, 5, c)
		if err != nil {
			return err
		}
		runners = append(runners, more...)
	}
	t := inTurns("HS256, key by kid", r.Rounds, runners)
	r.Tables = append(r.Tables, t)
	r.atMost("key set of 100, ratio to one key", t.Rows[1].Ratio, 1.05)
	r.atMost("key set of 1000, ratio to one key", t.Rows[2].Ratio, 1.05)
	r.atMost("key set of 10000, ratio to one key", t.Rows[3].Ratio, 1.10)
	return nil
}

// remoteKeys compares a fixed key with the keys that a provider publishes.
func remoteKeys(r *Report) error {
	const others = 20
	var set jose.JSONWebKeySet
	add := func(kid string, pub *rsa.PublicKey) {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: pub, KeyID: kid, Algorithm: "RS256", Use: "sig"})
	}
	add(contest.KeyID, &contest.PrivateKey().PublicKey)
	for i := range others {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return err
		}
		add(fmt.Sprint("key-", i), &key.PublicKey)
	}
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { json.NewEncoder(w).Encode(set) }))
	defer provider.Close()
	keys, err := jwks.New(provider.URL, jwks.Options{Issuer: contest.Issuer, Audience: []string{contest.Audience}})
	if err != nil {
		return err
	}
	defer keys.Close()
	if err := keys.Refresh(context.Background()); err != nil {
		return err
	}
	fixed := jwthttp.RS256(&contest.PrivateKey().PublicKey).WithID(contest.KeyID).WithIssuer(contest.Issuer, contest.Audience)
	var runners []runner
	for _, c := range []struct {
		name string
		keys jwthttp.KeySource
	}{
		{"jwthttp, a fixed key", fixed},
		{fmt.Sprintf("jwthttp, a key set of %d from a provider", others+1), keys},
		{"jwthttp, the same by issuer", jwthttp.Issuers{contest.Issuer: keys, "https://another.example": fixed.WithIssuer("https://another.example")}},
	} {
		more, err := served("RS256", contest.Tokens("RS256", 0, 200), 10, contest.Contestant{Name: c.name, Protect: func(_ string, next http.Handler) (http.Handler, error) {
			auth, err := jwthttp.New[contest.Claims](c.keys, jwthttp.Options{})
			if err != nil {
				return nil, err
			}
			return auth.Handler(next), nil
		}})
		if err != nil {
			return err
		}
		runners = append(runners, more...)
	}
	t := inTurns("RS256, seen before, key by kid", r.Rounds, runners)
	r.Tables = append(r.Tables, t)
	r.atMost("key of a provider, ratio to a fixed key", t.Rows[1].Ratio, 1.05)
	return nil
}

// memory fills a signature memory of the default size.
func memory(r *Report) error {
	tokens := contest.Tokens("RS256", 0, 4096)
	heap := func() float64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	before := heap()
	rig, err := contest.Ours.NewRig("RS256")
	if err != nil {
		return err
	}
	for _, token := range tokens {
		rig.Serve(token)
	}
	after := heap()
	if rig.Ran() != len(tokens) {
		return fmt.Errorf("%d of %d tokens got through", rig.Ran(), len(tokens))
	}
	runtime.KeepAlive(tokens)
	r.atMost("a full signature memory, KiB", (after-before)/1024, 2048)
	runtime.KeepAlive(rig)
	return nil
}

// server sends load from a second process to two servers. They differ only in what protects
// the handler.
func server(r *Report) error {
	for _, alg := range []string{"HS256", "RS256"} {
		var urls []string
		contestants := []contest.Contestant{contest.Ours, contest.GolangJWT}
		for _, c := range contestants {
			handler, err := c.Protect(alg, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
			if err != nil {
				return err
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			s := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
			go s.Serve(l)
			defer s.Shutdown(context.Background())
			urls = append(urls, "http://"+l.Addr().String()+"/")
		}
		token := contest.Tokens(alg, 0, 1)[0]
		rates := make([][]float64, len(urls))
		ratios := make([]float64, 0, r.Rounds)
		for range r.Rounds {
			for i, url := range urls {
				rate, err := rateOf(url, token)
				if err != nil {
					return err
				}
				rates[i] = append(rates[i], rate)
			}
			ratios = append(ratios, rates[0][len(rates[0])-1]/rates[1][len(rates[1])-1])
		}
		t := Table{Work: alg + ", a server on loopback, load from a second process on the same CPUs, wall time for a request"}
		for i, c := range contestants {
			t.Rows = append(t.Rows, Row{Name: c.Name, Ns: 1e9 / median(rates[i]), Ratio: median(rates[0]) / median(rates[i])})
		}
		r.Tables = append(r.Tables, t)
		want := 1.2
		if alg == "HS256" {
			want = 1 // most of the time is net/http's and that of the load itself
		}
		r.atLeast(alg+", requests per second of a server, ratio to golang-jwt's", median(ratios), want)
	}
	return nil
}

// rateOf starts this program again to send the load. It returns requests per second.
func rateOf(url, token string) (float64, error) {
	cmd := exec.Command(os.Args[0], "-load", url)
	cmd.Env = append(os.Environ(), "TOKEN="+token)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("the load process: %w", err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

const loadTime = 700 * time.Millisecond

// sendLoad writes plain HTTP/1.1 on a few connections and prints requests per second. In this
// way the load uses as little of the machine as possible.
func sendLoad(url string) {
	addr := strings.Trim(strings.TrimPrefix(url, "http://"), "/")
	request := []byte("GET / HTTP/1.1\r\nHost: " + addr + "\r\nAuthorization: " + os.Getenv("TOKEN") + "\r\n\r\n")
	const connections = 16
	counts := make([]int, connections)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range connections {
		wg.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			for time.Since(start) < loadTime {
				if _, err := conn.Write(request); err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				status, err := in.ReadString('\n')
				if err != nil || !strings.HasPrefix(status, "HTTP/1.1 204") {
					fmt.Fprintf(os.Stderr, "answer %q, %v\n", status, err)
					os.Exit(1)
				}
				for line := status; line != "\r\n"; {
					if line, err = in.ReadString('\n'); err != nil {
						fmt.Fprintln(os.Stderr, err)
						os.Exit(1)
					}
				}
				counts[i]++
			}
		})
	}
	wg.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	fmt.Println(float64(total) / time.Since(start).Seconds())
}
