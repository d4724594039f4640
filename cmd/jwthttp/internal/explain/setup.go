package explain

import (
	"net/http"
	"sync"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// A Setup describes a middleware. Options has what concerns tokens. Source has the keys, and
// nil is for no keys: then everything but the signature is checked.
type Setup struct {
	Options jwthttp.Options
	Source  jwthttp.KeySource
	Keys    []Key   // those of Source, for trials
	Remote  *Remote // set if Source is remote

	faults []Finding // what is wrong with the keys themselves
}

// A Key is a key of a Setup, as the files have it. Material is a []byte, *rsa.PublicKey,
// *ecdsa.PublicKey or ed25519.PublicKey.
type Key struct {
	Name      string // for people: "the secret"
	ID        string
	Algorithm string
	Material  any
}

// Close ends what the Setup has running.
func (s *Setup) Close() {
	if s.Remote != nil {
		s.Remote.Source.Close()
	}
}

// AddSecret adds a secret for HMAC. name is for people. An empty algorithm is HS256.
func (s *Setup) AddSecret(secret []byte, name, algorithm, id string) {
}

// AddKeys adds the public keys of a file. The error says why it has none.
func (s *Setup) AddKeys(data []byte, name, algorithm, id string) error {
	return nil
}

// A Remote is a key source on the network, and what it has fetched.
type Remote struct {
	Source   *jwks.Source
	Recorder *Recorder
}

// A Recorder keeps the last document that a client has fetched.
type Recorder struct {
	mu   sync.Mutex
	last []byte
}

// NewRecorder returns an empty recorder.
func NewRecorder() *Recorder { return &Recorder{} }

// Client returns a client whose answers r keeps.
func (r *Recorder) Client() *http.Client { return &http.Client{} }
