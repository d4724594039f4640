// Command jwthttp helps people with tokens: "explain" says why a middleware refuses one,
// "mint" makes one for trying, and "serve" is an issuer for development.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit statuses of the subcommands.
const (
	exitGood    = 0
	exitRefused = 1
	exitUnknown = 2 // it cannot be told; also for wrong flags and files that cannot be read
)

const usage = `jwthttp helps with the tokens of an HTTP API that package jwthttp protects.

	jwthttp explain   say why a middleware refuses a token, and what would mend it
	jwthttp mint      make a token for trying
	jwthttp serve     run an issuer for development, with a page that shows a token's way

"jwthttp explain -h" describes the flags of explain. The others have -h too.
`

func main() {
	ctx, stop := context.Background(), context.CancelFunc(func() {})
	if len(os.Args) > 1 && os.Args[1] == "serve" { // the others just end, also while they read
		ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	}
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run runs a subcommand and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	commands := map[string]func(context.Context, []string, io.Reader, io.Writer, io.Writer) int{
		"explain": explainToken, "mint": mint, "serve": serve,
	}
	if len(args) > 0 {
		if command := commands[args[0]]; command != nil {
			return command(ctx, args[1:], stdin, stdout, stderr)
		}
		switch args[0] {
		case "-h", "-help", "--help", "help":
			fmt.Fprint(stdout, usage)
			return exitGood
		}
	}
	// What was typed is not repeated: it may be a token.
	fmt.Fprint(stderr, "jwthttp: the first argument is not explain, mint or serve\n\n", usage)
	return exitUnknown
}
