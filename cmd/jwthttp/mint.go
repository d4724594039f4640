package main

import (
	"context"
	"io"
)

func mint(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return exitUnknown
}
