package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// newFlagSet returns the flags of a subcommand, whose help is text and then the flags.
func newFlagSet(name, text string) *flag.FlagSet {
	fs := flag.NewFlagSet("jwthttp "+name, flag.ContinueOnError)
	fs.Usage = func() {
		fmt.Fprint(fs.Output(), text, "Flags:\n")
		fs.PrintDefaults()
	}
	return fs
}

// parseFlags parses args. If it reports false, the command ends with status: after -h, and
// after a wrong flag.
func parseFlags(fs *flag.FlagSet, args []string, stdout, stderr io.Writer) (status int, ok bool) {
	fs.SetOutput(io.Discard) // the package's own message may repeat a secret
	err := fs.Parse(args)
	switch {
	case err == nil:
		name := emptyFlag(fs)
		if name == "" {
			return 0, true
		}
		fmt.Fprintf(stderr, "%s: -%s has an empty value: give it one, or leave the flag out\n", fs.Name(), name)
		return exitUnknown, false
	case errors.Is(err, flag.ErrHelp):
		fs.SetOutput(stdout)
		fs.Usage()
		return exitGood, false
	}
	fmt.Fprintf(stderr, "%s: %s: see \"%s -h\"\n", fs.Name(), flagFault(fs, args), fs.Name())
	return exitUnknown, false
}

// flagFault says which argument is wrong. It repeats none, because each may be a secret: also
// what looks like a flag may be the value of one.
func flagFault(fs *flag.FlagSet, args []string) string {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if len(arg) < 2 || arg[0] != '-' || arg == "--" {
			break // Parse stops here too
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		if name == "secret" || name == "token" {
			return fmt.Sprintf("there is no flag -%s, because others on this machine can read arguments: use -secret-env or -secret-file, and pass a token on standard input", name)
		}
		known := fs.Lookup(name)
		if known == nil {
			return fmt.Sprintf("argument %d is not one of the flags", i+1)
		}
		if b, ok := known.Value.(interface{ IsBoolFlag() bool }); !hasValue && ok && b.IsBoolFlag() {
			continue
		}
		if !hasValue {
			if i++; i == len(args) {
				return fmt.Sprintf("-%s has no value", name)
			}
			value = args[i]
		}
		if known.Value.Set(value) == nil {
			continue
		}
		if kind, _ := flag.UnquoteUsage(known); kind == "duration" {
			return fmt.Sprintf("-%s has a value that is not a duration such as 30s", name)
		}
		return fmt.Sprintf("-%s has a value that it cannot have", name)
	}
	return "a flag is wrong"
}

// emptyFlag returns the name of a flag that was given without a value, as with a variable of the
// shell that is not set. It is "" if there is none. Where a flag has a default, the empty value
// is a choice.
func emptyFlag(fs *flag.FlagSet) (name string) {
	fs.Visit(func(f *flag.Flag) {
		if f.Name == "types" { // "" is for a token without typ
			return
		}
		list, isList := f.Value.(*texts)
		if isList && slices.Contains(*list, "") || f.Value.String() == "" && f.DefValue == "" {
			name = f.Name
		}
	})
	return name
}

// texts is a flag that may be repeated.
type texts []string

func (t *texts) String() string { return strings.Join(*t, " ") }

func (t *texts) Set(value string) error {
	*t = append(*t, value)
	return nil
}
