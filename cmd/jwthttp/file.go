package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

const maxFileBytes = 1 << 20

// readFile reads the file of a flag. The error does not have the name: people pass the secret
// itself, or a token, where a name belongs.
func readFile(flag, name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file: pass the name of a file, not its content", flag)
	case err != nil:
		return nil, fmt.Errorf("%s: the file cannot be read: %w", flag, errors.Unwrap(err))
	case info.IsDir():
		return nil, fmt.Errorf("%s: it is a directory: pass a file in it", flag)
	case !info.Mode().IsRegular(): // a pipe that nobody writes to would hang
		return nil, fmt.Errorf("%s: it is a pipe or a device: write the content to a file", flag)
	case info.Size() == 0:
		return nil, fmt.Errorf("%s: the file is empty", flag)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%s: the file cannot be read: %w", flag, errors.Unwrap(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: the file cannot be read: %w", flag, errors.Unwrap(err))
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("%s: the file has more than 1 MiB: no key or token is that large", flag)
	}
	return data, nil
}

// readSecretEnv returns the secret of -secret-env.
func readSecretEnv(name string) ([]byte, error) {
	secret, ok := os.LookupEnv(name)
	if !ok { // the name may be the secret itself, so it is not repeated
		return nil, errors.New("-secret-env names an environment variable that is not set: pass its NAME, not the secret, and export it")
	}
	return []byte(secret), nil
}
