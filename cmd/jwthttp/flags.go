package main

import (
	"flag"
	"slices"
	"strings"
)

// texts is a flag that may be repeated.
type texts []string

func (t *texts) String() string { return strings.Join(*t, " ") }

func (t *texts) Set(value string) error {
	*t = append(*t, value)
	return nil
}

// emptyFlag returns the name of a flag that was given without a value, as with a variable of the
// shell that is not set. It is "" if there is none. Where a flag has a default, the empty value
// is a choice.
func emptyFlag(fs *flag.FlagSet) (name string) {
	fs.Visit(func(f *flag.Flag) {
		list, isList := f.Value.(*texts)
		if isList && slices.Contains(*list, "") || f.Value.String() == "" && f.DefValue == "" {
			name = f.Name
		}
	})
	return name
}
