package main

import (
	"context"
	"io"
)

func serve(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return exitUnknown
}
