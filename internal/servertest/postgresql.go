//go:build unix

// Package servertest starts real database servers for tests.
package servertest

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// A PostgreSQL is a server on a loopback port, from Debian's package.
type PostgreSQL struct {
	dir    string
	port   string
	log    bytes.Buffer
	cmd    *exec.Cmd
	exited chan struct{}
}

// StartPostgreSQL starts a server with a directory of its own.
func StartPostgreSQL() (*PostgreSQL, error) {
	dir, err := os.MkdirTemp("", "postgresql-")
	if err != nil {
		return nil, err
	}
	s := &PostgreSQL{dir: dir}
	if err := s.start(); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return s, nil
}

func (s *PostgreSQL) start() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.port = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	if to := s.attr().Credential; to != nil {
		if err := os.Chown(s.dir, int(to.Uid), int(to.Gid)); err != nil {
			return err
		}
	}
	initdb, err := s.Command("initdb", "-D", s.dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if err != nil {
		return err
	}
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s.Run()
}

// Run starts the process again after Stop or Kill, and waits until it answers. It tries again if the
// port is taken by a connection of another test, or if what was killed has not gone.
func (s *PostgreSQL) Run() error {
	if err := s.begin(); err != nil {
		return err
	}
	for range 1000 {
		isReady, err := s.Command("pg_isready", "--quiet", "--host=127.0.0.1", "--port="+s.port)
		if err != nil {
			return err
		}
		if isReady.Run() == nil {
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
	s.Stop()
	return fmt.Errorf("postgres does not answer:\n%s", s.log.Bytes())
}

func (s *PostgreSQL) begin() error {
	cmd, err := s.Command("postgres", "-D", s.dir, "-p", s.port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "max_connections=200")
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &s.log, &s.log, time.Second // a child that is left does not block Wait
	if err := cmd.Start(); err != nil {
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

// Command returns a program of PostgreSQL that is not started. It runs as the user of the server.
func (s *PostgreSQL) Command(name string, args ...string) (*exec.Cmd, error) {
	path, err := exec.LookPath(name)
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name); len(found) > 0 {
		path, err = slices.Max(found), nil // Debian has a slow script in PATH, or nothing
	}
	if err != nil {
		return nil, fmt.Errorf("%s is missing: apt-get install postgresql", name)
	}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.SysProcAttr = s.dir, s.attr()
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	return cmd, nil
}

// attr has the user of Debian's package for root, as whom no PostgreSQL runs.
func (s *PostgreSQL) attr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if os.Getuid() == 0 {
		if u, err := user.Lookup("postgres"); err == nil {
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return attr
}

// URL returns that of a database. The first one is postgres.
func (s *PostgreSQL) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Host: net.JoinHostPort("127.0.0.1", s.port), Path: database, RawQuery: "sslmode=disable"}
	return u.String()
}

// RunReplica is as Run. The server is a replica until it stops.
func (s *PostgreSQL) RunReplica() error {
	standby := filepath.Join(s.dir, "standby.signal")
	if err := os.WriteFile(standby, nil, 0o644); err != nil {
		return err
	}
	defer os.Remove(standby)
	return s.Run()
}

// Stop ends the server as a crash of it does: it recovers when it runs again.
func (s *PostgreSQL) Stop() {
	s.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-s.exited:
	case <-time.After(20 * time.Second):
		s.Kill()
	}
}

// Kill kills the server and its children, which are in groups of their own.
func (s *PostgreSQL) Kill() {
	parent := s.cmd.Process.Pid
	s.cmd.Process.Signal(syscall.SIGSTOP)
	for range 1000 {
		if state, _ := readStat(parent); state != "R" && state != "S" && state != "D" {
			break // it has stopped, or ended: there are no more children
		}
		time.Sleep(time.Millisecond)
	}
	processes, _ := filepath.Glob("/proc/[0-9]*")
	for _, name := range processes {
		pid, _ := strconv.Atoi(filepath.Base(name))
		if _, of := readStat(pid); of == parent {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	s.cmd.Process.Kill()
	<-s.exited
}

// readStat returns the state of a process, as in proc(5), and its parent, or "" and 0.
func readStat(pid int) (state string, parent int) {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fmt.Sscanf(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " %1s %d", &state, &parent) // a name may have anything
	return state, parent
}

// Remove stops the server, if it runs, and deletes what it has on disk.
func (s *PostgreSQL) Remove() {
	s.Stop()
	os.RemoveAll(s.dir)
}
