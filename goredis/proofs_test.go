package goredis_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/dpop/dpoptest"
	"github.com/jwthttp/jwthttp/goredis"
)

func newProofs(t testing.TB, client redis.UniversalClient, opts goredis.ProofOptions) *goredis.Proofs {
	t.Helper()
	proofs, err := goredis.NewProofs(client, opts)
	if err != nil {
		t.Fatal(err)
	}
	return proofs
}

func use(t testing.TB, proofs *goredis.Proofs, id byte, want bool) {
	t.Helper()
	if first, err := proofs.Use(t.Context(), [sha256.Size]byte{id}, time.Now().Add(time.Minute)); err != nil || first != want {
		t.Errorf("proof %d: first %v and error %v, want %v", id, first, err, want)
	}
}

// useSoon is use for a server that has just started again.
func useSoon(t testing.TB, proofs *goredis.Proofs, id byte, want bool) {
	t.Helper()
	for range 100 {
		first, err := proofs.Use(t.Context(), [sha256.Size]byte{id}, time.Now().Add(time.Minute))
		if err == nil {
			if first != want {
				t.Errorf("proof %d: first %v, want %v", id, first, want)
			}
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("proof %d: no answer in time", id)
}

func wantNoProof(t testing.TB, proofs *goredis.Proofs, id byte, text string) {
	t.Helper()
	first, err := proofs.Use(t.Context(), [sha256.Size]byte{id}, time.Now().Add(time.Minute))
	if first || !errors.Is(err, jwthttp.ErrUnavailable) || !strings.Contains(err.Error(), text) {
		t.Errorf("proof %d: first %v and error %v, want ErrUnavailable with %q", id, first, err, text)
	}
}

// Three instances of a service have clients of their own.
func TestProofsContract(t *testing.T) {
	s, c := start(t), startCluster(t)
	for name, client := range map[string]func() redis.UniversalClient{
		"one server": func() redis.UniversalClient { return s.client(t) },
		"a cluster":  func() redis.UniversalClient { return c.client(t) },
	} {
		t.Run(name, func(t *testing.T) {
			var instances []dpop.Store
			for range 3 {
				instances = append(instances, newProofs(t, client(), goredis.ProofOptions{Timeout: patient}))
			}
			dpoptest.Store(t, instances...)
		})
	}
}

func TestProofs(t *testing.T) {
	client := start(t).client(t)
	a, b := newProofs(t, client, goredis.ProofOptions{Timeout: patient}), newProofs(t, client, goredis.ProofOptions{Timeout: patient})
	other := newProofs(t, client, goredis.ProofOptions{Timeout: patient, Prefix: "other:"})
	c := &counter{}
	use(t, a, 3, true) // it also makes the connection
	client.AddHook(c)
	use(t, a, 1, true)
	use(t, a, 1, false)
	use(t, b, 1, false)
	use(t, b, 2, true)
	use(t, a, 2, false)
	use(t, other, 1, true)
	if n := c.single.Load(); n != 6 || c.pipelines.Load() != 0 {
		t.Errorf("%d commands and %d pipelines for 6 proofs", n, c.pipelines.Load())
	}
	const key = "jwthttp:proof:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	if value := client.Get(t.Context(), key).Val(); value != "1" {
		t.Errorf("the value of %s is %q", key, value)
	}
}

// A proof is kept for longer than it passes, also where a clock is fast.
func TestProofsUntil(t *testing.T) {
	client := start(t).client(t)
	for i, test := range []struct {
		name        string
		until       time.Duration
		ahead       time.Duration
		least, most time.Duration
	}{
		{"a minute", time.Minute, 0, 80 * time.Second, 90 * time.Second},
		{"a minute, by a clock that is fast", time.Minute, 29 * time.Second, 60 * time.Second, 61 * time.Second},
		{"over", -time.Second, 0, 20 * time.Second, 30 * time.Second},
		{"over by a clock that is very fast", time.Minute, time.Hour, 20 * time.Second, 30 * time.Second},
		{"a part of a millisecond", time.Minute + 1, 0, 80 * time.Second, 90 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			proofs := newProofs(t, client, goredis.ProofOptions{Timeout: patient, Prefix: string(rune('a' + i))})
			proofs.Ahead(test.ahead)
			if first, err := proofs.Use(t.Context(), [sha256.Size]byte{}, time.Now().Add(test.until)); err != nil || !first {
				t.Fatalf("first %v and error %v", first, err)
			}
			keys := client.Keys(t.Context(), string(rune('a'+i))+"*").Val()
			if len(keys) != 1 {
				t.Fatalf("keys %v", keys)
			}
			if left := client.PTTL(t.Context(), keys[0]).Val(); left < test.least || left > test.most {
				t.Errorf("it is kept for %v, want %v to %v", left, test.least, test.most)
			}
		})
	}
}

// Of twelve callers with one proof, in three processes, one is the first.
func TestProofsAtTheSameTime(t *testing.T) {
	s, c := start(t), startCluster(t)
	for _, test := range []struct {
		name   string
		client func() redis.UniversalClient
	}{
		{"one server", func() redis.UniversalClient { return s.client(t) }},
		{"a cluster", func() redis.UniversalClient { return c.client(t) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			var instances [3]*goredis.Proofs
			for i := range instances {
				instances[i] = newProofs(t, test.client(), goredis.ProofOptions{Timeout: patient})
			}
			for id := range byte(50) {
				var firsts atomic.Int64
				var wg sync.WaitGroup
				begin := make(chan struct{})
				for caller := range 12 {
					wg.Go(func() {
						<-begin
						first, err := instances[caller%3].Use(t.Context(), [sha256.Size]byte{31: id}, time.Now().Add(time.Minute))
						if err != nil {
							t.Error(err)
						}
						if first {
							firsts.Add(1)
						}
					})
				}
				close(begin)
				wg.Wait()
				if n := firsts.Load(); n != 1 {
					t.Errorf("proof %d: %d callers were the first", id, n)
				}
			}
		})
	}
}

// While a Redis is down, no proof passes. Afterwards used ones are known.
func TestProofsDown(t *testing.T) {
	s := start(t, "--appendonly", "yes", "--appendfsync", "always")
	proofs := newProofs(t, s.client(t), goredis.ProofOptions{})
	useSoon(t, proofs, 1, true)
	s.kill()
	for range 3 {
		wantNoProof(t, proofs, 1, "goredis: Redis ("+s.addr+")")
		wantNoProof(t, proofs, 2, "goredis: Redis ("+s.addr+")")
	}
	s.run(t)
	useSoon(t, proofs, 1, false)
	useSoon(t, proofs, 3, true)
}

func TestProofsFaults(t *testing.T) {
	t.Run("hanging", func(t *testing.T) {
		s := start(t)
		proofs := newProofs(t, s.client(t), goredis.ProofOptions{Timeout: 50 * time.Millisecond})
		useSoon(t, proofs, 1, true)
		s.stop(t)
		defer s.resume(t)
		wantNoProof(t, proofs, 2, "did not answer within 50ms: check that it runs there, or raise Timeout")
	})
	t.Run("full", func(t *testing.T) {
		s := start(t)
		client := s.client(t)
		proofs := newProofs(t, client, goredis.ProofOptions{Timeout: patient})
		use(t, proofs, 1, true)
		do(t, client, "CONFIG", "SET", "maxmemory", "1")
		wantNoProof(t, proofs, 2, "OOM command not allowed")
		wantNoProof(t, proofs, 1, "OOM command not allowed")
	})
	t.Run("a client that leaves", func(t *testing.T) {
		proofs := newProofs(t, start(t).client(t), goredis.ProofOptions{Timeout: patient})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if first, err := proofs.Use(ctx, [sha256.Size]byte{1}, time.Now().Add(time.Minute)); first || !errors.Is(err, jwthttp.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("first %v and error %v", first, err)
		}
	})
	t.Run("what another program has written", func(t *testing.T) {
		client := start(t).client(t)
		proofs := newProofs(t, client, goredis.ProofOptions{Timeout: patient})
		use(t, proofs, 1, true)
		key := client.Keys(t.Context(), "*").Val()[0]
		do(t, client, "DEL", key)
		do(t, client, "RPUSH", key, "x")
		use(t, proofs, 1, false)
	})
	t.Run("made by hand", func(t *testing.T) {
		wantNoProof(t, nil, 1, "make Proofs with NewProofs")
		wantNoProof(t, &goredis.Proofs{}, 1, "make Proofs with NewProofs")
	})
}

// If an answer is lost, a second try would find the proof of this very request. The request must
// get a 503, and not the refusal of a proof that was used before.
func TestProofsLostAnswer(t *testing.T) {
	s := start(t)
	address, sets := loseAnswers(t, s.addr, "set", 1000)
	client := redis.NewClient(&redis.Options{Addr: address, ContextTimeoutEnabled: true})
	defer client.Close()
	proofs := newProofs(t, client, goredis.ProofOptions{Timeout: patient})
	wantNoProof(t, proofs, 1, "EOF")
	if n := sets.Load(); n != 1 {
		t.Errorf("the command was sent %d times", n)
	}
}

// loseAnswers starts a proxy before a server. When it has passed a command with this word, it closes
// the connection without the answer, so many times.
func loseAnswers(t testing.TB, server, word string, times int64) (address string, passed *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	passed = &atomic.Int64{}
	var wg sync.WaitGroup
	t.Cleanup(func() { l.Close(); wg.Wait() })
	pass := func(down net.Conn) {
		defer down.Close()
		up, err := net.Dial("tcp", server)
		if err != nil {
			t.Error(err)
			return
		}
		defer up.Close()
		wg.Go(func() { io.Copy(down, up) })
		for buf := make([]byte, 4096); ; {
			n, err := down.Read(buf)
			if err != nil {
				return
			}
			if bytes.Contains(buf[:n], []byte("\r\n"+word+"\r\n")) && passed.Add(1) <= times {
				down.Close()
				up.Write(buf[:n])
				return
			}
			up.Write(buf[:n])
		}
	}
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { pass(conn) })
		}
	})
	return l.Addr().String(), passed
}

// The options of both constructors have the same rules.
func TestNewProofsMistakes(t *testing.T) {
	heedless := redis.NewClient(&redis.Options{})
	defer heedless.Close()
	proofs, err := goredis.NewProofs(heedless, goredis.ProofOptions{Timeout: -1, Prefix: strings.Repeat("p", 129)})
	const want = "goredis: the client ignores ProofOptions.Timeout, so that a Redis that hangs would delay requests for seconds: make it with ContextTimeoutEnabled\n" +
		"goredis: ProofOptions.Timeout is -1ns: use a positive one of at most 5s, or 0 for 250ms\n" +
		"goredis: ProofOptions.Prefix has 129 bytes, and every key begins with it: use at most 128"
	if proofs != nil || err == nil || err.Error() != want {
		t.Errorf("proofs %v, error %v\nwant %s", proofs, err, want)
	}
	if proofs, err := goredis.NewProofs(nil, goredis.ProofOptions{}); proofs != nil || err == nil || !strings.Contains(err.Error(), "the client is nil: make it with redis.NewClient") {
		t.Errorf("proofs %v, error %v", proofs, err)
	}
}
