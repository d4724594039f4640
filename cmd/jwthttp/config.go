package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/explain"
	"github.com/jwthttp/jwthttp/jwks"
)

// A config is what the flags say of the middleware: the fields of jwthttp.Options that concern
// tokens, and where the keys are.
type config struct {
	issuer                 string
	audience               texts
	allowAnyAudience       bool
	typ                    string
	types                  texts
	leeway, maxAge         time.Duration
	allowNumericSubject    bool
	allowMissingExpiry     bool
	allowSenderConstrained bool
	allowPadding           bool
	maxTokenBytes          int

	secretEnv, secretFile string
	keyFiles              texts
	algorithm, keyID      string
	jwksURL, discover     string
	metadataURL           string
	algorithms            texts
	allowInsecureHTTP     bool
}

// addTo registers the flags on fs.
func (c *config) addTo(fs *flag.FlagSet) {
	fs.StringVar(&c.issuer, "issuer", "", "Options.Issuer: the `iss` that a token must have, exactly")
	fs.Var(&c.audience, "audience", "Options.Audience: a `name` of this service, which aud must have; may be repeated")
	fs.BoolVar(&c.allowAnyAudience, "allow-any-audience", false, "Options.AllowAnyAudience: accept tokens for other services")
	fs.StringVar(&c.typ, "type", "", "Options.Type: the `typ` that a token must have, such as at+jwt")
	fs.Var(&c.types, "types", "Options.Types: a `typ` that is accepted, in place of -type; may be repeated, \"\" is for none")
	fs.DurationVar(&c.leeway, "leeway", 0, "Options.Leeway: how far clocks may differ, such as 30s; at most 5m")
	fs.DurationVar(&c.maxAge, "max-age", 0, "Options.MaxAge: the longest accepted age by iat, such as 1h")
	fs.BoolVar(&c.allowNumericSubject, "allow-numeric-subject", false, "Options.AllowNumericSubject: accept a number for sub")
	fs.BoolVar(&c.allowMissingExpiry, "allow-missing-expiry", false, "Options.AllowMissingExpiry: accept tokens without exp")
	fs.BoolVar(&c.allowSenderConstrained, "allow-sender-constrained", false, "Options.AllowSenderConstrained: accept tokens with cnf")
	fs.BoolVar(&c.allowPadding, "allow-padding", false, "Options.AllowPadding: accept tokens with padding, as AWS load balancers write them")
	fs.IntVar(&c.maxTokenBytes, "max-token-bytes", 0, "Options.MaxTokenBytes: the size of the longest token, in `bytes`; 8192 if 0")

	fs.StringVar(&c.secretEnv, "secret-env", "", "the `NAME` of the environment variable that has the secret")
	fs.StringVar(&c.secretFile, "secret-file", "", "the `file` that has the secret; every byte of it counts")
	fs.Var(&c.keyFiles, "key", "a `file` with public keys; may be repeated: PEM, a certificate, the .pub file of\nssh-keygen, a JWK, or a JSON Web Key Set")
	fs.StringVar(&c.algorithm, "alg", "", "the `algorithm` of the secret or key, where it leaves a choice: a secret is for HS256,\nor here HS384 or HS512; an RSA key is for RS256, or here RS384, RS512, PS256, PS384\nor PS512")
	fs.StringVar(&c.keyID, "kid", "", "the `id` of the secret or key, as Key.WithID gives it; a JWK has its own")
	fs.StringVar(&c.jwksURL, "jwks", "", "the `URL` of a key set, as in jwks.New; it needs -issuer, and is fetched")
	fs.StringVar(&c.discover, "discover", "", "an `issuer` whose metadata says where its keys are, as in jwks.Discover; both are\nfetched")
	fs.StringVar(&c.metadataURL, "metadata", "", "jwks.Options.MetadataURL: the `URL` of that metadata, where it is not at the issuer")
	fs.Var(&c.algorithms, "algorithms", "jwks.Options.Algorithms: an `algorithm` of the issuer's tokens; may be repeated. A key\nwithout alg in a key set serves each that fits it")
	fs.BoolVar(&c.allowInsecureHTTP, "allow-insecure-http", false, "jwks.Options.AllowInsecureHTTP: fetch over plain http from other machines too")
}

// setup reads the files and the environment, and makes the setup of the middleware. No request
// is sent yet. The caller closes what it returns. The error says which flag is wrong and how to
// mend it; it never has a secret.
func (c *config) setup() (explain.Setup, error) {
	s := explain.Setup{Options: jwthttp.Options{
		Issuer: c.issuer, Audience: c.audience, AllowAnyAudience: c.allowAnyAudience, Type: c.typ, Types: c.types,
		Leeway: c.leeway, MaxAge: c.maxAge, AllowNumericSubject: c.allowNumericSubject, AllowMissingExpiry: c.allowMissingExpiry, AllowSenderConstrained: c.allowSenderConstrained, MaxTokenBytes: c.maxTokenBytes, AllowPadding: c.allowPadding,
	}}
	isRemote, isLocal := c.jwksURL != "" || c.discover != "", c.hasLocalKeys()
	switch {
	case c.jwksURL != "" && c.discover != "":
		return s, errors.New("-jwks and -discover are both set: keep one, -discover if the issuer has metadata")
	case isRemote && isLocal:
		return s, errors.New("keys come from -jwks or -discover, or from -secret-env, -secret-file and -key: keep one of the two")
	case !isLocal && (c.algorithm != "" || c.keyID != ""):
		return s, errors.New("-alg and -kid are for a secret or for the key of a file: set -secret-env, -secret-file or -key too, or use -algorithms for keys that are fetched")
	case isRemote:
		return c.remote(s)
	case c.metadataURL != "" || c.algorithms != nil || c.allowInsecureHTTP:
		return s, errors.New("-metadata, -algorithms and -allow-insecure-http are for keys that are fetched: set -discover or -jwks too, or use -alg for a key of a file")
	}
	return c.local(s)
}

func (c *config) hasLocalKeys() bool {
	return c.secretEnv != "" || c.secretFile != "" || len(c.keyFiles) > 0
}

// hasKeys reports whether a flag says where keys are.
func (c *config) hasKeys() bool { return c.hasLocalKeys() || c.jwksURL != "" || c.discover != "" }

// remote adds the keys of a URL.
func (c *config) remote(s explain.Setup) (explain.Setup, error) {
	if c.metadataURL != "" && c.discover == "" {
		return s, errors.New("-metadata needs -discover, the issuer that the metadata must name")
	}
	if c.jwksURL != "" && c.issuer == "" {
		return s, errors.New("-jwks needs -issuer, the iss of its tokens: keys from a URL are bound to one issuer")
	}
	recorder := explain.NewRecorder()
	// An audience that is missing is a finding about the token, by the rules of Options.
	opts := jwks.Options{Issuer: c.issuer, Audience: c.audience, AllowAnyAudience: len(c.audience) == 0, Client: recorder.Client(), Logger: slog.New(slog.DiscardHandler),
		MetadataURL: c.metadataURL, Algorithms: c.algorithms, AllowInsecureHTTP: c.allowInsecureHTTP}
	var source *jwks.Source
	var err error
	if c.discover != "" {
		if opts.Issuer = ""; c.issuer != "" && c.issuer != c.discover {
			return s, errors.New("-issuer and -discover differ: leave -issuer out, or make them exactly equal")
		}
		s.Options.Issuer = c.discover
		source, err = jwks.Discover(c.discover, opts)
	} else {
		source, err = jwks.New(c.jwksURL, opts)
	}
	if err != nil {
		return s, err
	}
	s.Source, s.Remote = source, &explain.Remote{Source: source, Recorder: recorder, Discovers: c.discover != ""}
	return s, nil
}

// local adds the secret and the keys of files.
func (c *config) local(s explain.Setup) (explain.Setup, error) {
	if c.secretEnv != "" && c.secretFile != "" {
		return s, errors.New("-secret-env and -secret-file are both set: keep one")
	}
	if c.secretEnv != "" {
		secret, err := readSecretEnv(c.secretEnv)
		if err == nil {
			err = s.AddSecret(secret, "the secret", c.algorithm, c.keyID)
		}
		if err != nil {
			return s, err
		}
	}
	if c.secretFile != "" {
		secret, err := readFile("-secret-file", c.secretFile)
		if err == nil {
			err = s.AddSecret(secret, "the secret", c.algorithm, c.keyID)
		}
		if err != nil {
			return s, err
		}
	}
	for _, name := range c.keyFiles {
		data, err := readFile("-key", name)
		if err == nil {
			err = s.AddKeys(data, fmt.Sprintf("the key file %.80q", name), c.algorithm, c.keyID)
		}
		if err != nil {
			return s, err
		}
	}
	return s, nil
}
