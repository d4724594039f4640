// Package try prints shell lines that show what an example does, and runs them itself.
package try

import (
	"cmp"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A Step is lines for a shell, and what they print. All steps run in one shell, in their order.
type Step struct {
	name   string
	lines  string
	status int    // of the answer that curl -i prints; 0 if there is none
	want   string // a part of what is printed
}

// Curl returns a step that sends a request: args are those of curl after -i.
func Curl(name, args string, status int, want string) Step {
	return Step{name, "curl -i " + args, status, want}
}

// Lines returns a step whose lines print something else than an answer with its status.
func Lines(name, lines, want string) Step { return Step{name, lines, 0, want} }

// A Demo is an example that listens at URL. Start makes it, and Serve runs it.
type Demo struct {
	URL      string
	check    bool
	listener net.Listener
}

// Start parses the flags, of which it adds -check. It listens on ADDR of the environment. If ADDR is
// unset, the address is 127.0.0.1:5000, and with -check a free port. It ends the program if it fails.
func Start() *Demo {
	d := &Demo{}
	flag.BoolVar(&d.check, "check", false, "try the printed lines, and exit 0 only if every answer is right")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("what is %q? -h lists the flags", flag.Arg(0))
	}
	addr := "127.0.0.1:5000"
	if d.check {
		addr = "127.0.0.1:0"
	}
	var err error
	if d.listener, err = net.Listen("tcp", cmp.Or(os.Getenv("ADDR"), addr)); err != nil {
		log.Fatalf("cannot listen, set another address such as ADDR=127.0.0.1:5001: %v", err)
	}
	d.URL = "http://" + d.listener.Addr().String()
	return d
}

// Serve prints the steps, and serves until the program is stopped. With -check it serves while it
// tries the steps, and returns an error if an answer is not right.
func (d *Demo) Serve(serve func(net.Listener) error, steps []Step) error {
	served := make(chan error, 1)
	go func() { served <- serve(d.listener) }()
	if d.check {
		return Check(context.Background(), os.Stdout, steps)
	}
	Print(os.Stdout, d.URL, steps)
	return <-served
}

// Print prints the steps. All of it is shell: the rest is comments.
func Print(out io.Writer, url string, steps []Step) {
	fmt.Fprintf(out, "# Serving on %s, until Ctrl-C. Paste these lines in another terminal, in this order:\n", url)
	for _, s := range steps {
		fmt.Fprintf(out, "\n# %s\n%s\n", s.title(), s.lines)
	}
	fmt.Fprintln(out, "\n# That is all.")
}

func (s Step) title() string {
	if s.status == 0 {
		return s.name
	}
	return fmt.Sprintf("%s: %d %s", s.name, s.status, http.StatusText(s.status))
}

// Check runs the steps in a shell and a new folder. It returns an error if an answer is not right.
func Check(ctx context.Context, out io.Writer, steps []Step) error {
	for _, program := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("-check needs sh and curl: %w", err)
		}
	}
	folder, err := os.MkdirTemp("", "check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	end := rand.Text() // is printed after each step
	var script, log strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&script, "%s\necho %s\n", s.lines, end)
	}
	shell := exec.CommandContext(ctx, "sh", "-c", script.String())
	shell.Dir, shell.Stderr = folder, &log
	shell.WaitDelay = time.Second
	printed, err := shell.Output()
	answers := strings.Split(string(printed), end+"\n")
	if err != nil || len(answers) != len(steps)+1 {
		return fmt.Errorf("sh: %v; %d of %d steps came to an end\n%s%s", err, len(answers)-1, len(steps), printed, &log)
	}
	wrong := 0
	for i, s := range steps {
		verdict := "right"
		if !s.isRight(answers[i]) {
			verdict = fmt.Sprintf("WRONG, want %q", s.want)
			wrong++
		}
		fmt.Fprintf(out, "%s: %s\n  %s\n", s.title(), verdict, strings.ReplaceAll(strings.TrimSpace(answers[i]), "\n", "\n  "))
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d answers were wrong", wrong, len(steps))
	}
	fmt.Fprintf(out, "all %d answers were right\n", len(steps))
	return nil
}

func (s Step) isRight(answer string) bool {
	first, _, _ := strings.Cut(answer, "\n")
	isStatus := s.status == 0 || strings.HasPrefix(first, fmt.Sprintf("HTTP/1.1 %d ", s.status))
	return isStatus && strings.Contains(answer, s.want)
}

// Member is the end of a line: it takes the string of that name out of a JSON object.
func Member(name string) string {
	return fmt.Sprintf(` | sed -n 's/.*"%s":"\([^"]*\).*/\1/p'`, name)
}
