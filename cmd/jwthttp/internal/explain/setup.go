package explain

import (
	"errors"
	"fmt"
	"slices"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/jwks"
)

// A Setup describes a middleware. Options has what concerns tokens. Source has the keys, and
// nil is for no keys: then everything but the signature is checked.
type Setup struct {
	Options jwthttp.Options
	Source  jwthttp.KeySource
	Keys    []Key   // those of Source, for trials; none if it is remote
	Remote  *Remote // set if Source is remote

	// OwnIssuer is set if the keys and the issuer are those of the program itself. No advice is
	// then to accept another issuer.
	OwnIssuer bool

	faults []Finding // what is wrong with the keys themselves
}

// A Key is a key of a Setup, as a file or a key set has it.
type Key struct {
	Name      string // for people: "the secret"
	ID        string // kid
	Algorithm string // alg; "" if a JWK names none
	Material  any    // a []byte, *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey; nil if it cannot be read
	Skipped   string // why no middleware uses it; "" if one does

	text []byte // of its file
}

// Close ends what the Setup has running.
func (s *Setup) Close() {
	if s.Remote != nil {
		s.Remote.close()
	}
}

// Check says why New refuses the keys or the options, or what is wrong with the files of the
// keys. It is nil if a middleware can be made of them.
func (s *Setup) Check() error {
	if len(s.faults) > 0 {
		return errors.New(s.faults[0].Mend)
	}
	_, err := jwthttp.New[jwt.MapClaims](s.Source, s.Options)
	return err
}

// AddSecret adds a secret for HMAC. name is for people. An empty algorithm is HS256.
func (s *Setup) AddSecret(secret []byte, name, algorithm, id string) error {
	if algorithm == "" {
		algorithm = "HS256"
	}
	if keys, _, err := readKeys(secret, ""); err == nil && len(keys) > 0 {
		s.faults = append(s.faults, Finding{Reason: reasonConfiguration, Wanted: "a secret of random bytes", Came: "the text of a key",
			Mend: fmt.Sprintf("%s is the text of a key, not a secret: pass it with -key, and to %s in the program", name, functionFor(keys[0]))})
		for _, k := range keys {
			k.Name = "that key"
			s.Keys = append(s.Keys, k)
		}
	}
	return s.add(Key{Name: name, ID: id, Algorithm: algorithm, Material: secret, text: secret})
}

// AddKeys adds the public keys of a file: PEM, a line of ssh-keygen, a JWK or a JSON Web Key
// Set. name is for people. algorithm and id are for keys whose format does not have them. The
// error says why the file has no key.
func (s *Setup) AddKeys(data []byte, name, algorithm, id string) error {
	if isJSON(data) {
		return s.addSet(data, name, id)
	}
	keys, hasPrivate, err := readKeys(data, algorithm)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if hasPrivate {
		s.faults = append(s.faults, Finding{Reason: reasonConfiguration, Wanted: "a public key", Came: "a private key",
			Mend: name + " is a private key, and a middleware takes only its public half: write that with \"openssl pkey -in FILE -pubout\", and keep the private key with the issuer"})
	}
	for _, k := range keys {
		k.Name, k.text = name, data
		if k.ID == "" {
			k.ID = id
		}
		if err := s.add(k); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// add adds one key to the source and to the trials.
func (s *Setup) add(k Key) error {
	key, ok := verifying(k.Algorithm, k.Material)
	if !ok {
		// The algorithm is not repeated: people put a secret where it does not belong.
		return fmt.Errorf("the algorithm does not go with this key (flag -alg): use %s", choicesFor(k.Material))
	}
	if k.ID != "" {
		key = key.WithID(k.ID)
	}
	set, _ := s.Source.(jwthttp.KeySet)
	s.Source = slices.Concat(set, jwthttp.KeySet{key}) // a copy of s shares nothing with it
	s.Keys = slices.Concat(s.Keys, []Key{k})
	return nil
}

// addSet adds a JWK or a key set, by the rules of jwks.Parse.
func (s *Setup) addSet(data []byte, name, id string) error {
	document, single := asSet(data)
	keys := keysOfSet(document, name)
	set, err := jwks.Parse(document)
	if err != nil {
		if len(keys) == 0 {
			return fmt.Errorf("%s: %s", name, clip(err.Error()))
		}
		mend := "no middleware can use it"
		for _, k := range keys {
			if k.Skipped != "" {
				mend = k.Skipped
				break
			}
		}
		s.faults = append(s.faults, Finding{Reason: reasonConfiguration, Wanted: "a public key for signatures", Came: clip(err.Error()), Mend: name + ": " + mend})
	}
	if single && id != "" && len(set.Keys) == 1 && keys[0].ID == "" {
		set.Keys[0], keys[0].ID = set.Keys[0].WithID(id), id
	}
	s.Keys = slices.Concat(s.Keys, keys)
	all, _ := s.Source.(jwthttp.KeySet)
	s.Source = slices.Concat(all, set.Keys)
	return nil
}

// verifying returns the key for an algorithm, and whether they go together.
func verifying(algorithm string, material any) (jwthttp.Key, bool) {
	algorithm = jws.Canonical(algorithm)
	if !slices.Contains(jws.AlgorithmsFor(material), algorithm) {
		return jwthttp.Key{}, false
	}
	return jwthttp.NewKey(jws.MethodOf(algorithm), material), true
}

// choicesFor returns the algorithms that verifying takes for a key.
func choicesFor(material any) string {
	if names := jws.AlgorithmsFor(material); len(names) > 0 {
		return jws.List(names, "or")
	}
	return "a key of P-256, P-384, P-521, RSA or Ed25519"
}

// functionFor returns what a program calls for a key.
func functionFor(k Key) string {
	switch name := jws.Canonical(k.Algorithm); {
	case name == jws.HS256, name == jws.PS256, name == jws.ES256, name == jws.EdDSA:
		return "jwthttp." + name
	case name != "" && name != jws.RS256:
		return "jwthttp.NewKey with jwt.SigningMethod" + name
	}
	return "jwthttp.RS256 (jwthttp.ParseRSAPublicKey reads the file)"
}

var errNotKey = errors.New("it has no public key: pass PEM (BEGIN PUBLIC KEY or BEGIN CERTIFICATE), the .pub file of ssh-keygen, a JWK or a key set")
