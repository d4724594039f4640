package goredis_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A server is a real redis-server on a loopback port. It keeps nothing on disk.
type server struct {
	addr string
	args []string
	cmd  *exec.Cmd
	log  *logBuffer
}

// start starts a server with more arguments. It is killed when the test ends.
func start(t testing.TB, args ...string) *server {
	t.Helper()
	port := freePort(t)
	s := &server{addr: net.JoinHostPort("127.0.0.1", port), log: &logBuffer{}}
	s.args = append([]string{
		"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir(), "--daemonize", "no",
	}, args...)
	t.Cleanup(s.kill)
	s.run(t)
	return s
}

// run starts the process, or starts it again, and waits until it answers.
func (s *server) run(t testing.TB) {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is missing: apt-get install redis-server")
	}
	begin := func() {
		s.cmd = exec.Command(path, s.args...)
		s.cmd.Stdout, s.cmd.Stderr, s.cmd.WaitDelay = s.log, s.log, time.Second // a child that is left does not block Wait
		if err := s.cmd.Start(); err != nil {
			t.Fatal(err)
		}
	}
	begin()
	client := redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1, DialerRetries: 1})
	defer client.Close()
	for range 1000 {
		if client.Ping(context.Background()).Err() == nil {
			return
		}
		if s.log.take("Address already in use") { // by a connection of another test, which ends soon
			s.kill()
			begin()
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("redis-server does not answer: %s", s.log)
}

func (s *server) kill() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Kill()
	s.cmd.Wait()
	s.cmd = nil
}

// stop makes the process hang. Its port still accepts connections.
func (s *server) stop(t testing.TB) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}

func (s *server) resume(t testing.TB) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// client returns a client as programs should make it, except that it logs nothing.
func (s *server) client(t testing.TB) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: s.addr, ContextTimeoutEnabled: true})
	t.Cleanup(func() { client.Close() })
	return client
}

// do sends a command of the test itself to Redis.
func do(t testing.TB, client redis.UniversalClient, args ...any) any {
	t.Helper()
	v, err := client.Do(context.Background(), args...).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		t.Fatal(err)
	}
	return v
}

// freePort returns a port that is free at the moment.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// take reports whether the log has a text, and empties it then.
func (b *logBuffer) take(text string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	has := bytes.Contains(b.buf.Bytes(), []byte(text))
	if has {
		b.buf.Reset()
	}
	return has
}

// A cluster is two masters, each with half of the slots.
type cluster [2]*server

func startCluster(t testing.TB) cluster {
	t.Helper()
	var c cluster
	var ports [2]string
	for i := range c {
		ports[i] = freePort(t)
		c[i] = start(t, "--cluster-enabled", "yes", "--cluster-port", ports[i], "--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no")
	}
	a, b := c[0].client(t), c[1].client(t)
	do(t, a, "CLUSTER", "ADDSLOTSRANGE", 0, 8191)
	do(t, b, "CLUSTER", "ADDSLOTSRANGE", 8192, 16383)
	do(t, b, "CLUSTER", "SET-CONFIG-EPOCH", 2)
	_, port, _ := net.SplitHostPort(c[1].addr)
	do(t, a, "CLUSTER", "MEET", "127.0.0.1", port, ports[1])
	for range 1000 {
		seen := 0
		for _, client := range []*redis.Client{a, b} {
			info, _ := do(t, client, "CLUSTER", "INFO").(string)
			//lint:ignore SA1019 it is what the cluster client itself reads
			slots, _ := client.ClusterSlots(context.Background()).Result()
			if bytes.Contains([]byte(info), []byte("cluster_state:ok")) && len(slots) == 2 {
				seen++
			}
		}
		if seen == 2 {
			return c
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("the cluster does not come up: %s %s", c[0].log, c[1].log)
	return c
}

func (c cluster) client(t testing.TB) *redis.ClusterClient {
	t.Helper()
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{c[0].addr, c[1].addr}, ContextTimeoutEnabled: true})
	t.Cleanup(func() { client.Close() })
	return client
}
