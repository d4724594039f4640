package main

import (
	"testing"
	"time"
)

const wrkOutput = `Running 1s test @ http://127.0.0.1:40001/
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   350.40us  512.10us  11.35ms   91.00%
    Req/Sec    58.10k     3.90k   63.12k    70.00%
  Latency Distribution
     50%  221.00us
     75%  352.00us
     90%  717.00us
     99%    2.46ms
  57800 requests in 1.00s, 4.30MB read
Requests/sec:  57781.23
Transfer/sec:      4.30MB
`

func TestParseWrk(t *testing.T) {
	got, err := parseWrk(wrkOutput)
	if want := (loadResult{57781.23, 221 * time.Microsecond}); err != nil || got != want {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	for name, out := range map[string]string{
		"nothing":       "",
		"other answers": wrkOutput + "  Non-2xx or 3xx responses: 3\n",
		"lost sockets":  wrkOutput + "  Socket errors: connect 0, read 1, write 0, timeout 0\n",
	} {
		if _, err := parseWrk(out); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
