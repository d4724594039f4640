package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/explain"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
)

const explainUsage = `Usage: jwthttp explain [flags] [FILE]

Explain says why a middleware of package jwthttp refuses a token. It reads the token from FILE,
or from standard input if there is none. The flags describe the middleware. It lists every
reason at once, and what would mend each.

	jwthttp explain -secret-env JWT_SECRET < token.txt
	jwthttp explain -key public.pem -issuer https://issuer.example.com -audience orders token.txt
	pbpaste | jwthttp explain -discover https://tenant.eu.auth0.com/ -audience https://api.example.com

Without a key everything but the signature is checked. A secret is read from the environment or
from a file, never from an argument. The network is used only with -jwks and -discover. Neither
a secret nor a signature is ever printed.

The exit status is 0 if the token is good, 1 if it is refused, and 2 if that cannot be told.

`

func explainToken(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c config
	fs := newFlagSet("explain", explainUsage)
	c.addTo(fs)
	asJSON := fs.Bool("json", false, "write the report as JSON; its header and payload are JSON as text, with every digit and\nname as it was sent")
	if status, ok := parseFlags(fs, args, stdout, stderr); !ok {
		return status
	}
	fail := func(err error) int {
		for line := range strings.Lines(err.Error()) { // an error of jwks has several
			fmt.Fprintln(stderr, "jwthttp explain:", logtext.Cut(strings.TrimSpace(line)))
		}
		return exitUnknown
	}
	if isTerminal(stdin) && fs.NArg() == 0 {
		fmt.Fprintln(stderr, "Paste the token, and press Enter and Ctrl-D. Pass one of more than 4,000 characters in a file.")
	}
	token, err := readToken(fs.Args(), stdin)
	if err != nil {
		return fail(err)
	}
	setup, err := c.setup()
	if err != nil {
		return fail(err)
	}
	defer setup.Close()
	report := explain.Explain(ctx, token, setup)
	if *asJSON {
		err = writeJSON(stdout, report)
	} else {
		_, err = io.WriteString(stdout, textOf(report))
	}
	if err != nil {
		return fail(errors.New("the report cannot be written"))
	}
	switch report.Verdict {
	case explain.Good:
		return exitGood
	case explain.Refused:
		return exitRefused
	}
	return exitUnknown
}

// isTerminal reports whether a person may be typing.
func isTerminal(stdin io.Reader) bool {
	f, ok := stdin.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull) // a character device too
	return err != nil || !os.SameFile(info, null)
}

// readToken reads the token from the file that args name, or from stdin.
func readToken(args []string, stdin io.Reader) (string, error) {
	switch {
	case len(args) > 1:
		return "", errors.New("there is more than one file: flags come before the file")
	case len(args) == 1 && args[0] != "-":
		if strings.HasPrefix(args[0], "eyJ") {
			return "", errors.New("a token was given as an argument, where others on this machine can read it: pass it on standard input or in a file")
		}
		data, err := readFile("FILE", args[0])
		return string(data), err
	}
	data, err := io.ReadAll(io.LimitReader(stdin, maxFileBytes+1))
	if err != nil {
		return "", errors.New("standard input cannot be read")
	}
	if len(data) > maxFileBytes {
		return "", errors.New("standard input has more than 1 MiB: no token is that large")
	}
	return string(data), nil
}

func writeJSON(w io.Writer, report explain.Report) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(report)
}

// textOf returns a report for people. Its first line is the verdict and the first reason.
func textOf(r explain.Report) string {
	var b strings.Builder
	switch {
	case r.Verdict == explain.Good:
		b.WriteString("good: the middleware accepts this token\n")
	default:
		verdict := "refused"
		if r.Verdict == explain.Unknown {
			verdict = "cannot tell"
		}
		fmt.Fprintf(&b, "%s: %s: %s\n", verdict, r.Findings[0].Reason, r.Findings[0].Mend)
	}
	for i, f := range r.Findings {
		fmt.Fprintf(&b, "\n%d. %s\n", i+1, f.Reason)
		writeField(&b, "wanted", f.Wanted)
		came := "came"
		if f.Unverified {
			came = "came, unverified"
		}
		writeField(&b, came, f.Came)
		writeField(&b, "mend", f.Mend)
		if slices.Contains(reason.Words(), f.Reason) { // those of explain alone have no section
			writeField(&b, "see", "docs/refusals.md#"+f.Reason)
		}
	}
	b.WriteString("\nThe token's way:\n")
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "   %-11s %s\n", s.Name, s.Status)
	}
	unverified := ", unverified"
	if r.IsSigned() {
		unverified = ""
	}
	if r.Header != "" {
		fmt.Fprintf(&b, "\nHeader%s:\n%s\n", unverified, r.Header)
	}
	if r.Payload != "" {
		fmt.Fprintf(&b, "\nPayload%s:\n%s\n", unverified, r.Payload)
	}
	return b.String()
}

func writeField(b *strings.Builder, name, value string) {
	if value != "" {
		fmt.Fprintf(b, "   %s: %s\n", name, value)
	}
}
