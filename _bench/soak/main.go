// Soak has 64 clients send mixed traffic, good and bad, through the middleware: in process, and by
// HTTP/1 and HTTP/2 with TLS on loopback. Meanwhile everything around it fails: providers change their
// keys, stall and lie, tenants leave, clients hang up, and the servers of sessions, revocations and used
// proofs are killed and started again. Soak compares every answer with what is promised.
//
//	go -C _bench run ./soak -minute  as much as a minute has room for.
//	go -C _bench run ./soak -long    the same for ten minutes.
//
// It needs redis-server and PostgreSQL. It exits with status 1 in these cases:
//
//   - An answer was wrong. While a store is away, 503 is right too.
//   - A store has lost a revocation or a logout that was acknowledged.
//   - Memory, goroutines, files or connections are left.
//   - Keys were fetched more often than the budget allows.
//
// An interrupt ends the run early, with the report.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jwthttp/jwthttp"
)

const (
	localWorkers  = 8  // few, or the other workers get no time
	remoteWorkers = 40 // half of them by HTTP/2; sessions have the other 16 clients
	patientOnes   = 2  // one in two of them waits for slow keys
)

func main() {
	if dsn := os.Getenv(peerVariable); dsn != "" {
		peerProgram(dsn)
		return
	}
	minute := flag.Bool("minute", false, "run for a minute")
	long := flag.Bool("long", false, "run for ten minutes")
	flag.Parse()
	limit := 45 * time.Second // of traffic; the rest of the minute starts and ends it
	switch {
	case *minute == *long:
		fmt.Fprintln(os.Stderr, "soak: one of -minute and -long is needed")
		os.Exit(2)
	case *long:
		limit = 10 * time.Minute
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // everything fails on purpose
	debug.SetTraceback("all")
	time.AfterFunc(limit+8*time.Minute, func() { panic("a request is stuck") })
	faults, err := soak(ctx, limit)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
	}
	for _, f := range faults {
		fmt.Fprintln(os.Stderr, "soak: WRONG:", f)
	}
	if err != nil || len(faults) > 0 {
		os.Exit(1)
	}
	fmt.Println("0 wrong answers: every one was as promised")
}

// A world is what all clients share.
type world struct {
	pools         *pools
	providers     []*provider
	tenants       *tenants
	ours, foreign signer
	bound         bound
	stores        *stores
	sessions      []*sessions // of each store
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

func soak(ctx context.Context, limit time.Duration) (faults []string, err error) {
	before := measure()
	w := &world{}
	kept, err := w.build()
	if err == nil {
		err = w.drive(ctx, limit)
	}
	w.close()
	if err != nil {
		return nil, err
	}
	w.pools, w.providers, w.tenants, w.handler, w.bound, w.stores, w.sessions = nil, nil, nil, nil, bound{}, nil, nil
	w.compare(before, kept)
	if w.wrong > len(w.faults) {
		w.faults = append(w.faults, fmt.Sprintf("and %d more", w.wrong-len(w.faults)))
	}
	return w.faults, nil
}

// close ends everything that build has started.
func (w *world) close() {
	for _, p := range w.providers {
		p.close()
	}
	if w.tenants != nil {
		w.tenants.close()
	}
	if w.stores != nil {
		w.stores.close(w.fault)
	}
}

// drive sends requests for a while. Its servers and connections are closed when it returns.
func (w *world) drive(ctx context.Context, limit time.Duration) error {
	net, err := newNetwork(w.handler)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	began := time.Now()
	var clients, others sync.WaitGroup
	var tallies []*tally
	var makers []*maker
	start := func(by way, base *url.URL) {
		m := newMaker(w, len(makers), base, len(makers)%patientOnes == 0, by.certificate())
		makers = append(makers, m)
		t := &tally{}
		tallies = append(tallies, t)
		clients.Go(func() { w.work(ctx, m, by, t) })
	}
	for i := range localWorkers {
		start(&inProcess{handler: w.handler, machine: net.machines[i%machines]}, net.home)
	}
	for i := range remoteWorkers {
		start(net.client(1+i%2, i/2), net.away)
	}
	for i, s := range w.sessions {
		clients.Go(func() { s.run(ctx, i, net) })
	}
	for _, s := range w.stores.all {
		others.Go(func() { s.fail(ctx, w.fault) })
	}
	others.Go(func() { w.providers[0].steady(ctx) })
	others.Go(func() { w.providers[1].shaky(ctx) })
	others.Go(func() { w.providers[2].liar(ctx) })
	others.Go(func() { w.tenants.change(ctx) })
	others.Go(func() { w.hangUp(ctx, newMaker(w, len(makers), net.away, true, net.machines[0]), net) })
	others.Go(func() {
		for wait(ctx, time.Minute) {
			fmt.Fprintf(os.Stderr, "after %v: %v\n", time.Since(began).Round(time.Second), measure())
		}
	})
	clients.Wait()
	took := time.Since(began)
	cancel()
	others.Wait()
	w.audit(makers)
	net.close(w.fault)

	printTallies(tallies)
	var sums [3]int64
	for i, t := range tallies {
		by := 0
		if i >= localWorkers {
			by = 1 + (i-localWorkers)%2
		}
		sums[by] += t.sum()
	}
	for i, by := range []string{"in process", "by HTTP/1", "by HTTP/2"} {
		fmt.Printf("%d requests %s, %.0f/s\n", sums[i], by, float64(sums[i])/took.Seconds())
	}
	fmt.Printf("%d clients hung up\n", w.hungUp)
	printSessions(w.sessions)
	w.stores.print()
	w.tenants.print()
	for i, p := range w.providers {
		got, most := p.fetches.Load(), p.maxFetches(time.Since(began))
		fmt.Printf("provider %d: %d fetches, %d at most; %d phases of trouble, %d fetches failed\n", i+1, got, most, p.phases, p.failed.Load())
		if got > most {
			w.fault("the keys of provider %d were fetched %d times, %d at most", i+1, got, most)
		}
	}
	return nil
}

// build makes everything. It returns what stays in memory at the end, which must be bounded.
func (w *world) build() (kept []any, err error) {
	ours, set, err := newKeys()
	if err != nil {
		return nil, err
	}
	theirs, _, err := newKeys()
	if err != nil {
		return nil, err
	}
	w.ours, w.foreign = ours["HS256"], theirs["HS256"]
	issuers := jwthttp.Issuers{fixedIssuer: set}
	for _, alg := range []string{"ES256", "RS256", "EdDSA"} {
		p, err := newProvider(w.fault, alg)
		if err != nil {
			return nil, err
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
		return nil, err
	}
	if w.stores, err = newStores(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/", auth.Handler(http.HandlerFunc(echo)))
	mux.Handle("/orders", auth.Handler(jwthttp.RequireScopes("orders:read", "orders:write")(http.HandlerFunc(echo))))
	if err := w.bound.protect(mux, issuers, w.stores); err != nil {
		return nil, err
	}
	if err := w.stores.protect(mux, issuers); err != nil {
		return nil, err
	}
	if w.tenants, err = newTenants(mux, w.fault); err != nil {
		return nil, err
	}
	kept = []any{auth}
	for _, s := range w.stores.all {
		of, err := newSessions(mux, w.fault, s)
		if err != nil {
			return nil, err
		}
		w.sessions = append(w.sessions, of)
	}
	w.handler = mux
	w.pools = newPools(ours, theirs)
	return append(kept, w.stores.all[0].sessions), nil
}

// work sends requests until ctx ends.
func (w *world) work(ctx context.Context, m *maker, by way, t *tally) {
	buf := make([]answer, 0, 8)
	for ctx.Err() == nil {
		r := m.next()
		began := r.now()
		got, err := by.send(r.Request)
		ended := r.now()
		promised := r.promised(began, ended, buf)
		if err != nil || !slices.Contains(promised, got) {
			w.fault("%s: %s %s %.600v\n got      %+v, %v\n promised %+v\n it began at %v and ended at %v", kinds[r.kind].name, r.Method, r.URL, r.Header, got, err, promised, began, ended)
		}
		if got.status == http.StatusOK && r.key != nil {
			r.key.state.CompareAndSwap(published, known)
		}
		if got.status == http.StatusOK && r.accepted != nil {
			r.accepted()
		}
		if r.store != nil && got == unavailable {
			r.store.refused.Add(1)
		}
		t.count(r.kind, got.status)
	}
}

// hangUp runs clients that leave in the middle of a request, or before its answer.
func (w *world) hangUp(ctx context.Context, m *maker, net *network) {
	for wait(ctx, 10*time.Millisecond) {
		r := m.next()
		if m.IntN(2) == 0 {
			short, cancel := context.WithTimeout(ctx, time.Duration(m.IntN(2000))*time.Microsecond)
			net.client(2, 0).send(r.WithContext(short))
			cancel()
		} else {
			var text strings.Builder
			r.Write(&text)
			conn, tcp, err := net.dial()
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
				tcp.SetLinger(0) // with a reset
			}
			tcp.Close()
		}
		w.hungUp++
	}
}
