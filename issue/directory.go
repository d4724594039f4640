package issue

import (
	"context"
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/validate"
)

const (
	maxWait      = time.Second // of a token for a disk
	reloadAfter  = 10 * time.Second
	maxFiles     = 256
	maxFileBytes = 64 << 10
)

// layouts are the names that files may have, without the part from the first dot on.
var layouts = []string{"2006-01-02", "20060102T150405Z"}

// ofCopies are extensions that people and programs give to files which are no longer in use.
var ofCopies = []string{"bak", "backup", "old", "orig", "save", "rpmsave", "rpmnew", "swp", "tmp", "1"}

// Directory returns the keys of an issuer that are private keys in files, all of its keys. A file
// is as for [ParsePrivateKey]. Its name is the time in UTC from which the key signs, as for
// [Key.From], and one extension, if any:
//
//	2026-11-28.pem          at midnight
//	20261128T143000Z.pem    "date -u -d '1 hour' +%Y%m%dT%H%M%SZ" prints this form
//
// One key has a time in the past, since one must sign now. The algorithm is RS256 for RSA, ES256,
// ES384 or ES512 for a curve, and EdDSA for Ed25519. Names that begin with a dot, and those that end
// in .pub, are passed over. Any other file is an error, such as a copy of the name 2026-11-28.pem.bak, and
// so is a directory without keys.
//
// [New] reads the directory. While tokens are made or verified, it is read again every 10 seconds,
// so a file that a cron job or a Kubernetes secret adds needs no restart. A token waits for a slow
// disk for 1 second at most. If the directory cannot be read, or has a bad file, the keys before it
// stay in use. That is logged at Error, once a minute at most.
//
// A key whose file is removed is no longer accepted. So remove it only when Lifetime and 10 minutes
// have passed since its successor's time.
func Directory(path string) Key { return Key{&material{directory: &directory{path: path}}} }

// A directory is safe for concurrent use.
type directory struct {
	path   string
	failed logtext.Limit

	mu   sync.Mutex
	sum  [sha256.Size]byte // of all names and files; zero before the first time
	keys []Key             // that they are, by From
}

// load returns the keys in the files: the same slice if they have not changed.
func (d *directory) load(now time.Time) (keys []Key, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	files, sum, err := readFiles(d.path)
	if err != nil {
		return nil, fmt.Errorf("the directory of keys: %w", err)
	}
	if sum == d.sum {
		return d.keys, nil
	}
	var errs []error
	for _, f := range files {
		key, err := f.key()
		if err != nil {
			errs = append(errs, fmt.Errorf("the file %s: %w", logtext.Quote(f.name), err))
		}
		for i, other := range keys {
			switch {
			case err != nil || other.material == nil:
			case key.id == other.id:
				errs = append(errs, fmt.Errorf("the files %s and %s have one key: remove one of them", logtext.Quote(files[i].name), logtext.Quote(f.name)))
			case key.from.Equal(other.from):
				errs = append(errs, fmt.Errorf("the files %s and %s have one time: call the successor by a later one", logtext.Quote(files[i].name), logtext.Quote(f.name)))
			}
		}
		keys = append(keys, key)
	}
	if errs == nil {
		errs = append(errs, sortKeys(keys, now))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, validate.Prefixed("the directory of keys "+logtext.Quote(d.path)+" (the name of a file is its From): ", err)
	}
	d.sum, d.keys = sum, keys
	return keys, nil
}

// A reader reads a directory again for a ring, on a goroutine: no token waits long for a disk.
type reader struct {
	*directory
	mu     sync.Mutex
	read   time.Time     // the last time
	under  chan struct{} // closed when the reading that is under way ends; nil if there is none
	waited time.Time     // until when others wait for it
}

// reread reads the directory if that was not done for some time. It waits for a reading, within ctx
// and maxWait, since an instance that had nothing to do for long would not know the keys of others.
func (d *reader) reread(ctx context.Context, r *ring, now time.Time) {
	d.mu.Lock()
	if age := now.Sub(d.read); d.under == nil && (age >= reloadAfter || age < 0) {
		d.under, d.waited = make(chan struct{}), now.Add(maxWait)
		go d.reload(r, d.under)
	}
	under, wait := d.under, d.waited.Sub(now)
	d.mu.Unlock()
	if under == nil || wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-under:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// reload gives a ring the keys in the files, or leaves it those of before if there is a fault.
func (d *reader) reload(r *ring, done chan struct{}) {
	now := time.Now()
	before := r.state.Load().keys
	keys, err := d.load(now)
	if err != nil {
		d.failed.Log(context.Background(), r.logger, slog.LevelError, "issue: the keys cannot be read again, and those of before stay in use", slog.Any("err", err))
	} else if !slices.Equal(keys, before) {
		logtext.Log(r.logger, slog.LevelInfo, "issue: the directory has other keys than before", slog.Int("keys", len(keys)))
		r.state.Store(r.newState(keys, now))
		for _, k := range keys {
			isNew := !slices.ContainsFunc(before, func(b Key) bool { return b.id == k.id })
			if isNew && k.from.After(before[len(before)-1].from) && k.from.Sub(now) < maxLead {
				r.warnOf(k) // also if it signs already, which is worse
			}
		}
	}
	d.mu.Lock()
	d.read, d.under = time.Now(), nil
	d.mu.Unlock()
	close(done)
}

// A file is one of a directory.
type file struct {
	name string
	data []byte
}

func readFiles(path string) (files []file, sum [sha256.Size]byte, err error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, sum, fmt.Errorf("%w: name a directory that this service can read", err)
	}
	digest := sha256.New()
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".pub") {
			continue // "..data" of Kubernetes; the public half of ssh-keygen
		}
		if len(files) == maxFiles {
			return nil, sum, fmt.Errorf("%s has more than %d keys: remove those that are over", path, maxFiles)
		}
		data, err := readFile(filepath.Join(path, name))
		if err != nil {
			return nil, sum, err
		}
		files = append(files, file{name, data})
		fmt.Fprintf(digest, "%q %d ", name, len(data))
		digest.Write(data)
	}
	if files == nil {
		return nil, sum, fmt.Errorf("%s has no keys: add one, such as by \"openssl genpkey -algorithm ed25519 -out %s\"", path, filepath.Join(path, "$(date -u +%Y-%m-%d).pem"))
	}
	digest.Sum(sum[:0])
	return files, sum, nil
}

// readFile reads a file of at most maxFileBytes. It may be a symbolic link, as in a Kubernetes
// secret. It is opened without waiting, as for the writer of a named pipe.
func readFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("%w: let this service read it, or move it away", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a file")
	}
	var data []byte
	if err == nil {
		data, err = io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	}
	if err != nil || len(data) > maxFileBytes {
		return nil, fmt.Errorf("%s is not a file of at most %d bytes: keep nothing but keys in the directory", path, maxFileBytes)
	}
	return data, nil
}

// key returns the key that a file has.
func (f file) key() (Key, error) {
	stem, extension, _ := strings.Cut(f.name, ".")
	if strings.Contains(extension, ".") || strings.HasSuffix(f.name, "~") || slices.Contains(ofCopies, strings.ToLower(extension)) {
		return Key{}, errors.New("its name has a second extension or that of a copy, and its key would be in use: move it away, or call it like " + layouts[0] + ".pem")
	}
	var from time.Time
	err := errors.New("no layout")
	for _, layout := range layouts {
		if from, err = time.Parse(layout, stem); err == nil {
			break
		}
	}
	if err != nil {
		return Key{}, fmt.Errorf("its name is not the time from which its key signs: call it like %s.pem or %s.pem, or move it away", layouts[0], layouts[1])
	}
	signer, err := jws.ParsePrivateKey(f.data)
	if err != nil {
		return Key{}, err
	}
	return keyOf(signer).From(from), nil
}

// keyOf returns the key of a signer that ParsePrivateKey has returned.
func keyOf(signer crypto.Signer) Key {
	return NewKey(jws.MethodOf(jws.AlgorithmsFor(signer.Public())[0]), signer)
}
