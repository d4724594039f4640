package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/jwthttp/jwthttp/denylist"
	"github.com/jwthttp/jwthttp/sqlstore"
)

const peerVariable = "SOAK_PEER"

// peerProgram is another instance of the service: it revokes tokens in a database, and prints the id of
// each when it is revoked. It runs until it is killed.
func peerProgram(dsn string) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		panic(err)
	}
	of, err := sqlstore.New(db, sqlstore.SQLite, sqlstore.Options{Timeout: timeout})
	if err != nil {
		panic(err)
	}
	list, err := of.Denylist(denylist.Options{MaxLifetime: listed})
	if err != nil {
		panic(err)
	}
	for parent := os.Getppid(); os.Getppid() == parent; time.Sleep(50 * time.Millisecond) {
		id := rand.Text()
		if list.RevokeToken(context.Background(), fixedIssuer, id, time.Now().Add(listed)) == nil {
			fmt.Println(id)
		}
	}
}

// A peer is a process with peerProgram.
type peer struct {
	dsn   string
	cmd   *exec.Cmd
	read  sync.WaitGroup
	kills int

	revoked []string // ids of tokens; read is done after kill
}

func startPeer(dsn string) (*peer, error) {
	p := &peer{dsn: dsn}
	return p, p.start()
}

func (p *peer) start() error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), peerVariable+"="+p.dsn)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd = cmd
	p.read.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if len(lines.Text()) == len(rand.Text()) { // and not the half of one
				p.revoked = append(p.revoked, lines.Text())
			}
		}
	})
	return nil
}

// kill kills the process in the middle of its work.
func (p *peer) kill() {
	if p.cmd == nil {
		return
	}
	p.cmd.Process.Kill()
	p.read.Wait()
	p.cmd.Wait()
	p.cmd = nil
	p.kills++
}
