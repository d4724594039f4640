package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	loadTime    = time.Second
	connections = 16
)

// A load sends requests to a server for a second: by wrk, or by this program again.
type load struct {
	wrk  string // the program; "" if it is missing
	note string
}

// loadResult is what the clients of a server saw.
type loadResult struct {
	rate float64       // requests a second
	p50  time.Duration // of the time for a request
}

func newLoad() (load, error) {
	wrk, err := exec.LookPath("wrk")
	if errors.Is(err, exec.ErrNotFound) {
		return load{note: "wrk is missing, so compare sent the load itself: apt-get install wrk"}, nil
	}
	return load{wrk, "the load is that of wrk, " + strconv.Itoa(connections) + " connections"}, err
}

func (l load) send(url, token string) (loadResult, error) {
	if l.wrk != "" {
		out, err := exec.Command(l.wrk, "-t1", "-c"+strconv.Itoa(connections), "-d"+loadTime.String(), "--latency", "-H", "Authorization: "+token, url).CombinedOutput()
		if err != nil {
			return loadResult{}, fmt.Errorf("wrk: %w: %s", err, out)
		}
		return parseWrk(string(out))
	}
	cmd := exec.Command(os.Args[0], "-load", url)
	cmd.Env = append(os.Environ(), "TOKEN="+token)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return loadResult{}, fmt.Errorf("the load process: %w", err)
	}
	var got [2]float64 // rate, seconds
	err = json.Unmarshal(out, &got)
	return loadResult{got[0], time.Duration(got[1] * 1e9)}, err
}

var (
	wrkRate = regexp.MustCompile(`Requests/sec:\s+([\d.]+)`)
	wrkP50  = regexp.MustCompile(`\s50%\s+([\d.]+(?:us|ms|s))`)
)

// parseWrk reads what wrk prints. It reports answers other than 2xx, and errors of sockets.
func parseWrk(out string) (loadResult, error) {
	rate, p50 := wrkRate.FindStringSubmatch(out), wrkP50.FindStringSubmatch(out)
	if rate == nil || p50 == nil || strings.Contains(out, "Non-2xx") || strings.Contains(out, "Socket errors") {
		return loadResult{}, fmt.Errorf("wrk printed: %s", out)
	}
	perSecond, err := strconv.ParseFloat(rate[1], 64)
	if err != nil {
		return loadResult{}, err
	}
	half, err := time.ParseDuration(p50[1])
	return loadResult{perSecond, half}, err
}

// sendLoad writes plain HTTP/1.1 on a few connections, and prints requests a second and the median
// of the time for one. In this way the load uses as little of the machine as possible.
func sendLoad(url string) {
	addr := strings.Trim(strings.TrimPrefix(url, "http://"), "/")
	request := []byte("GET / HTTP/1.1\r\nHost: " + addr + "\r\nAuthorization: " + os.Getenv("TOKEN") + "\r\n\r\n")
	took := make([][]time.Duration, connections)
	failed := make([]error, connections)
	var wg sync.WaitGroup
	start := time.Now()
	for i := range connections {
		wg.Go(func() { took[i], failed[i] = sendOn(addr, request, start.Add(loadTime)) })
	}
	wg.Wait()
	if err := errors.Join(failed...); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var all []time.Duration
	for _, some := range took {
		all = append(all, some...)
	}
	json.NewEncoder(os.Stdout).Encode([2]float64{float64(len(all)) / time.Since(start).Seconds(), median(all).Seconds()})
}

// sendOn sends the request on one connection, again and again. It returns the time for each.
func sendOn(addr string, request []byte, end time.Time) (took []time.Duration, err error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for start := time.Now(); start.Before(end); {
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		line, err := in.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "HTTP/1.1 204") {
			return nil, fmt.Errorf("the answer is %q: %w", line, err)
		}
		for line != "\r\n" {
			if line, err = in.ReadString('\n'); err != nil {
				return nil, err
			}
		}
		now := time.Now()
		took = append(took, now.Sub(start))
		start = now
	}
	return took, nil
}
