//go:build unix

package servertest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// A Redis is a server on a loopback port, from Debian's package. It has written to disk what it has
// acknowledged.
type Redis struct {
	Addr   string
	dir    string
	port   string
	log    bytes.Buffer
	cmd    *exec.Cmd
	exited chan struct{}
}

// StartRedis starts a server with a directory of its own.
func StartRedis() (*Redis, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	dir, err := os.MkdirTemp("", "redis-")
	if err != nil {
		return nil, err
	}
	s := &Redis{Addr: net.JoinHostPort("127.0.0.1", port), dir: dir, port: port}
	if err := s.Run(); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return s, nil
}

// Run starts the process, or starts it again after Kill, and waits until it answers. It tries again if
// the port is taken by a connection of another test.
func (s *Redis) Run() error {
	if err := s.begin(); err != nil {
		return err
	}
	for range 3000 {
		if s.answers() {
			return nil
		}
		select {
		case <-s.exited:
			if err := s.begin(); err != nil {
				return err
			}
		case <-time.After(20 * time.Millisecond):
		}
	}
	s.Kill()
	return fmt.Errorf("redis-server does not answer:\n%s", s.log.Bytes())
}

func (s *Redis) begin() error {
	cmd := exec.Command("redis-server", "--port", s.port, "--bind", "127.0.0.1", "--dir", s.dir, "--daemonize", "no",
		"--save", "", "--appendonly", "yes", "--appendfsync", "always")
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &s.log, &s.log, time.Second // a child that is left does not block Wait
	if err := cmd.Start(); errors.Is(err, exec.ErrNotFound) {
		return errors.New("redis-server is missing: apt-get install redis-server")
	} else if err != nil {
		return err
	}
	exited := make(chan struct{})
	s.cmd, s.exited = cmd, exited
	go func() {
		cmd.Wait()
		close(exited)
	}()
	return nil
}

// answers reports whether the server has loaded what is on disk.
func (s *Redis) answers() bool {
	conn, err := net.Dial("tcp", s.Addr)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(time.Second))
	answer := make([]byte, 7)
	fmt.Fprint(conn, "PING\r\n")
	n, _ := conn.Read(answer)
	return string(answer[:n]) == "+PONG\r\n"
}

// Kill kills the server.
func (s *Redis) Kill() {
	s.cmd.Process.Kill()
	<-s.exited
}

// Remove kills the server, if it runs, and deletes what it has on disk.
func (s *Redis) Remove() {
	s.Kill()
	os.RemoveAll(s.dir)
}
