package main

import (
	"context"
	"io"
)

func explainToken(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return exitUnknown
}
