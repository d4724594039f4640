// Soak sends mixed traffic, good and bad, through the middleware, in process and over TCP on
// loopback. Some tokens are bound to a key or to a client certificate. Meanwhile providers change
// their keys, are slow and fail, and users log in, refresh their sessions and log out. Soak compares
// every answer with what is promised for that request.
//
//	go -C _bench run ./soak                                  200,000 requests in process and 20,000 over
//	                                                         TCP, and 22,000 refreshes of sessions.
//	go -C _bench run ./soak -requests N -tcp N -refreshes N  as many as that, for 45 minutes at most.
//	go -C _bench run ./soak -minute                          as many as a minute has room for.
//
// It exits with status 1 in these cases:
//
//   - An answer was wrong.
//   - Goroutines or memory are left.
//   - Keys were fetched more often than the budget allows.
//
// All traffic goes to Soak's own servers on 127.0.0.1. An interrupt ends the run early, with
// the report. A provider is slow in the first seconds of every minute and fails in the middle
// of it. A short run sees only the slow phase.
package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jwthttp/jwthttp"
)

const (
	localWorkers = 8  // few, or the other workers get no time
	tcpWorkers   = 32 // each has a connection
	patientOnes  = 2  // one in two of them waits for slow keys

	maxRun     = 45 * time.Minute
	minuteRun  = 50 * time.Second // from the start; the figures take the rest of the minute
	maxGrowth  = 8 << 10          // growth of the heap, in KiB
	hangUpRate = 200              // requests over TCP for each client that hangs up
)

func main() {
	requests := flag.Int64("requests", 200_000, "requests in process")
	tcp := flag.Int64("tcp", 20_000, "requests over TCP")
	refreshes := flag.Int64("refreshes", 20_000, "refreshes of sessions in process; over TCP, a tenth of that")
	minute := flag.Bool("minute", false, "take about a minute, with as many requests as there is time for")
	flag.Parse()
	limit := maxRun
	if *minute {
		limit, *requests, *tcp, *refreshes = minuteRun, 1<<62, 1<<62, 1<<62
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	debug.SetTraceback("all")
	time.AfterFunc(limit+2*time.Minute, func() { panic("a request is stuck") })
	faults, err := soak(ctx, *requests, *tcp, *refreshes)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
	}
	for _, f := range faults {
		fmt.Fprintln(os.Stderr, "soak: WRONG:", f)
	}
	if err != nil || len(faults) > 0 {
		os.Exit(1)
	}
	fmt.Println("every answer was as promised")
}

// A world is what all workers share.
type world struct {
	pools         *pools
	providers     []*provider
	ours, foreign signer
	bound         bound
	sessions      *sessions
	handler       http.Handler
	hungUp        int

	mu     sync.Mutex
	wrong  int
	faults []string // the first few
}

func (w *world) fault(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wrong++; len(w.faults) < 10 {
		w.faults = append(w.faults, fmt.Sprintf(format, args...))
	}
}

func soak(ctx context.Context, requests, tcp, refreshes int64) (faults []string, err error) {
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	w, auth, err := newWorld()
	if err != nil {
		return nil, err
	}
	w.drive(ctx, requests, tcp, refreshes)
	if err := figures(w, auth); err != nil {
		return nil, err
	}
	store := w.sessions.store
	w.pools, w.providers, w.handler, w.bound, w.sessions = nil, nil, nil, bound{}, nil

	grown := (int64(heapInUse()) - int64(heap)) >> 10
	runtime.KeepAlive(auth) // the heap includes what auth keeps, which must be bounded
	runtime.KeepAlive(store)
	for start := time.Now(); runtime.NumGoroutine() > goroutines && time.Since(start) < 10*time.Second; {
		time.Sleep(10 * time.Millisecond)
	}
	left := runtime.NumGoroutine()
	fmt.Printf("\nthe heap has grown by %d KiB, %d at most; %d goroutines at the start, %d at the end\n", grown, maxGrowth, goroutines, left)
	if grown > maxGrowth {
		w.fault("the heap has grown by %d KiB, %d at most", grown, maxGrowth)
	}
	if left > goroutines {
		stacks := make([]byte, 1<<20)
		w.fault("%d goroutines are left of %d:\n%s", left, goroutines, stacks[:runtime.Stack(stacks, true)])
	}
	if w.wrong > len(w.faults) {
		w.faults = append(w.faults, fmt.Sprintf("and %d more", w.wrong-len(w.faults)))
	}
	return w.faults, nil
}

// drive sends all requests while providers change their keys, and prints the results. Servers
// and connections are closed when it returns.
func (w *world) drive(ctx context.Context, requests, tcp, refreshes int64) {
	server := httptest.NewUnstartedServer(w.handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // errors because of clients that hang up
	server.Start()
	defer server.Close()
	transport := &http.Transport{MaxConnsPerHost: tcpWorkers, MaxIdleConnsPerHost: tcpWorkers, DisableCompression: true, ResponseHeaderTimeout: 30 * time.Second}
	defer transport.CloseIdleConnections()
	home, away := &url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/"}, &url.URL{Scheme: "http", Host: server.Listener.Addr().String(), Path: "/"}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	began := time.Now()
	var local, remote, others sync.WaitGroup
	var localLeft, tcpLeft atomic.Int64
	localLeft.Store(requests)
	tcpLeft.Store(tcp)
	var localTallies [localWorkers]tally
	var tcpTallies [tcpWorkers]tally
	for i := range localTallies {
		m := newMaker(w, i, home, i%patientOnes == 0)
		local.Go(func() { w.work(ctx, m, &inProcess{handler: w.handler}, &localLeft, &localTallies[i]) })
	}
	for i := range tcpTallies {
		m := newMaker(w, localWorkers+i, away, i%patientOnes == 0)
		remote.Go(func() { w.work(ctx, m, overTCP{&http.Client{Transport: transport}}, &tcpLeft, &tcpTallies[i]) })
	}
	var users sync.WaitGroup
	users.Go(func() { w.sessions.run(ctx, refreshes, home, away) })
	others.Go(func() { w.providers[0].steady(ctx) })
	others.Go(func() { w.providers[1].shaky(ctx) })
	others.Go(func() { w.hangUp(ctx, newMaker(w, localWorkers+tcpWorkers, away, true), &tcpLeft) })
	others.Go(func() {
		for wait(ctx, time.Minute) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Fprintf(os.Stderr, "after %v: %d in process and %d over TCP to go, heap %d KiB, %d goroutines\n",
				time.Since(began).Round(time.Second), localLeft.Load(), tcpLeft.Load(), m.HeapAlloc>>10, runtime.NumGoroutine())
		}
	})
	local.Wait()
	localTook := time.Since(began)
	remote.Wait()
	tcpTook := time.Since(began)
	users.Wait()
	cancel()
	others.Wait()

	here, there := sumOf(localTallies[:]), sumOf(tcpTallies[:])
	printTallies(here, there)
	fmt.Printf("\n%d requests in process in %v (%.0f/s) and, beside them, %d over TCP in %v (%.0f/s); %d clients hung up\n",
		here.sum(), localTook.Round(time.Second/10), float64(here.sum())/localTook.Seconds(),
		there.sum(), tcpTook.Round(time.Second/10), float64(there.sum())/tcpTook.Seconds(), w.hungUp)
	w.sessions.print()
	for i, p := range w.providers {
		p.close()
		got, most := p.fetches.Load(), p.maxFetches(time.Since(began))
		fmt.Printf("provider %d: %d fetches, %d at most; %d phases of trouble, %d fetches failed\n", i+1, got, most, p.phases, p.failed.Load())
		if got > most {
			w.fault("the keys of provider %d were fetched %d times, %d at most", i+1, got, most)
		}
	}
}

func newWorld() (*world, *jwthttp.Middleware[Claims], error) {
	keys := make([]*rsa.PrivateKey, 2)
	for i := range keys {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return nil, nil, err
		}
	}
	secret := []byte(rand.Text() + rand.Text())
	w := &world{ours: hs256("hs-1", secret), foreign: hs256("hs-1", []byte(rand.Text()+rand.Text()))}
	issuers := jwthttp.Issuers{fixedIssuer: jwthttp.KeySet{jwthttp.HS256(secret).WithID("hs-1"), jwthttp.RS256(&keys[0].PublicKey).WithID("rs-1")}}
	for range 2 {
		p, err := newProvider(w.fault)
		if err != nil {
			return nil, nil, err
		}
		w.providers = append(w.providers, p)
		issuers[p.URL] = p.source
	}
	auth, err := jwthttp.New[Claims](issuers, jwthttp.Options{
		Audience:           []string{audience},
		Extractors:         []jwthttp.Extractor{jwthttp.BearerHeader(), jwthttp.Cookie("session")},
		RememberSignatures: remembered,
	})
	if err != nil {
		return nil, nil, err
	}
	both, nonced, err := w.bound.protect(issuers, http.HandlerFunc(echo))
	if err != nil {
		return nil, nil, err
	}
	if w.sessions, err = newSessions(w.fault); err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/session/", w.sessions.handler)
	mux.Handle("/both", both)
	mux.Handle("/nonced", nonced)
	mux.Handle("/", auth.Handler(http.HandlerFunc(echo)))
	mux.Handle("/orders", auth.Handler(jwthttp.RequireScopes("orders:read", "orders:write")(http.HandlerFunc(echo))))
	w.handler = mux
	w.pools = newPools(keys[0], keys[1])
	return w, auth, nil
}

// work sends requests until none are left or ctx ends.
func (w *world) work(ctx context.Context, m *maker, by way, left *atomic.Int64, t *tally) {
	buf := make([]answer, 0, 3)
	for ctx.Err() == nil && left.Add(-1) >= 0 {
		r := m.next()
		began := r.now()
		got, err := by.send(r.Request)
		ended := r.now()
		promised := r.promised(began, ended, buf)
		if err != nil || !slices.Contains(promised, got) {
			w.fault("%s: %s %s %.600v\n got      %+v, %v\n promised %+v\n it began at %v and ended at %v", kinds[r.kind].name, r.Method, r.URL, r.Header, got, err, promised, began, ended)
		}
		if r.key != nil && got.status == http.StatusOK && err == nil {
			r.key.state.CompareAndSwap(published, known)
		}
		t.count(r.kind, got.status)
	}
}

// hangUp runs clients that close the connection in the middle of a request or before its
// answer.
func (w *world) hangUp(ctx context.Context, m *maker, left *atomic.Int64) {
	for at := left.Load(); wait(ctx, time.Millisecond); {
		now := left.Load()
		if at-now < hangUpRate {
			continue
		}
		at -= hangUpRate
		var text strings.Builder
		m.next().Write(&text)
		conn, err := net.Dial("tcp", m.open.Host)
		if err != nil {
			w.fault("a client that wants to hang up: %v", err)
			return
		}
		cut := text.Len()
		if m.IntN(2) == 0 {
			cut = m.IntN(cut)
		}
		io.WriteString(conn, text.String()[:cut])
		if m.IntN(2) == 0 {
			conn.(*net.TCPConn).SetLinger(0) // with a reset
		}
		conn.Close()
		w.hungUp++
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC() // the second collection frees what pools keep
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func inParallel(n int, do func(i int)) {
	var wg sync.WaitGroup
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}
