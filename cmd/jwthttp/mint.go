package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/jws"
)

const (
	defaultLifetime = 15 * time.Minute
	maxLifetime     = 366 * 24 * time.Hour
)

const mintUsage = `Usage: jwthttp mint [flags]

Mint makes a token for trying, and writes it to standard output. Without a key it makes a key
pair that is thrown away, and shows the public key that verifies the token:

	jwthttp mint -sub alice -audience orders -public key.pem > token.txt
	jwthttp explain -key key.pem -audience orders token.txt

With a secret, or with a private key of openssl or ssh-keygen, it signs with that:

	export JWT_SECRET=$(openssl rand -base64 32)
	curl -H "Authorization: Bearer $(jwthttp mint -secret-env JWT_SECRET -sub alice)" http://127.0.0.1:8080/me

The claims are those of -claims and the flags, where a flag counts before -claims. iat is now,
exp is 15 minutes ahead, and jti is random, unless the claims have them. A claim that is null
is left out:

	echo '{"roles": ["admin"], "exp": null}' | jwthttp mint -claims -

This is a tool for trying. It checks nothing that it signs, so that bad tokens can be made too.

`

// An order is what the flags say of the token to make.
type order struct {
	claims, subject, issuer string
	audience                texts
	lifetime                time.Duration
	algorithm, keyID, typ   string

	secretEnv, secretFile, keyFile string
	publicFile                     string
}

func (o *order) addTo(fs *flag.FlagSet) {
	fs.StringVar(&o.claims, "claims", "", "the claims, as a JSON `object`, @FILE for those of a file, or - for standard input")
	fs.StringVar(&o.subject, "sub", "", "the `subject`: for whom the token is")
	fs.StringVar(&o.issuer, "issuer", "", "the `iss`: who makes the token")
	fs.Var(&o.audience, "audience", "a `name` in aud: for which service the token is; may be repeated")
	fs.DurationVar(&o.lifetime, "lifetime", defaultLifetime, "from now to exp, such as 1h; negative for a token that has expired")
	fs.StringVar(&o.algorithm, "alg", "", "the `algorithm`, such as HS256, RS256, ES384 or EdDSA; by default that of the key,\nand RS256 without one")
	fs.StringVar(&o.keyID, "kid", "", "the `id` of the key, for the header")
	fs.StringVar(&o.typ, "type", "JWT", "the `typ`, for the header, such as at+jwt; \"\" for none")
	fs.StringVar(&o.secretEnv, "secret-env", "", "the `NAME` of the environment variable that has the secret")
	fs.StringVar(&o.secretFile, "secret-file", "", "the `file` that has the secret; every byte of it counts")
	fs.StringVar(&o.keyFile, "key", "", "the `file` that has the private key, of openssl or ssh-keygen")
	fs.StringVar(&o.publicFile, "public", "", "the `file` to write the public key to; an existing one is replaced")
}

func mint(_ context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var o order
	fs := newFlagSet("mint", mintUsage)
	o.addTo(fs)
	if status, ok := parseFlags(fs, args, stdout, stderr); !ok {
		return status
	}
	err := errors.New("it takes flags only: pass claims with -claims")
	if fs.NArg() == 0 {
		err = o.mint(stdin, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "jwthttp mint:", err)
		return exitUnknown
	}
	return exitGood
}

// mint writes the token to stdout, and how to verify it to stderr if its key is a new one.
func (o *order) mint(stdin io.Reader, stdout, stderr io.Writer) error {
	claims, err := o.readClaims(stdin)
	if err != nil {
		return err
	}
	key, isNew, err := o.readKey()
	if err != nil {
		return err
	}
	method, err := methodFor(o.algorithm, key)
	if err != nil {
		return err
	}
	token := jwt.NewWithClaims(method, claims)
	delete(token.Header, "typ")
	if o.typ != "" {
		token.Header["typ"] = o.typ
	}
	if o.keyID != "" {
		token.Header["kid"] = o.keyID
	}
	signed, err := token.SignedString(key)
	if err != nil {
		return errors.New("the key cannot sign: it may be too small for the algorithm")
	}
	public, err := publicPEM(key)
	if err != nil {
		return err
	}
	switch {
	case o.publicFile != "" && public == nil:
		return errors.New("-public needs a key pair, and a secret has no public half: leave it out")
	case o.publicFile != "":
		if err := writePublic(o.publicFile, public); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(stdout, signed); err != nil {
		return errors.New("the token cannot be written")
	}
	if isNew {
		_, err = io.WriteString(stderr, o.advice(method.Alg(), claims, public))
	}
	return err
}

// writePublic writes a public key to a file. It replaces nothing but a public key, since people
// confuse the file names of a key's halves.
func writePublic(name string, public []byte) error {
	if info, err := os.Stat(name); err == nil && (info.Size() > 0 || !info.Mode().IsRegular()) {
		old, err := readFile("-public", name)
		if err != nil {
			return err
		}
		if block, _ := pem.Decode(old); block == nil || block.Type != "PUBLIC KEY" {
			return errors.New("-public: the file exists and has no public key in it: pass another name")
		}
	}
	if err := os.WriteFile(name, public, 0o644); err != nil {
		return fmt.Errorf("-public: the file cannot be written: %w", errors.Unwrap(err))
	}
	return nil
}

// readClaims returns the claims of -claims, of the flags, and those that every token has.
func (o *order) readClaims(stdin io.Reader) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	text := []byte(o.claims)
	var err error
	switch name, isFile := strings.CutPrefix(o.claims, "@"); {
	case o.claims == "-":
		if text, err = io.ReadAll(io.LimitReader(stdin, maxFileBytes+1)); err != nil || len(text) > maxFileBytes {
			return nil, errors.New("-claims: standard input cannot be read, or has more than 1 MiB")
		}
	case isFile:
		if text, err = readFile("-claims", name); err != nil {
			return nil, err
		}
	}
	if len(text) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber() // an id of 17 digits stays as it is
		if err := decoder.Decode(&claims); err != nil || claims == nil || decoder.More() {
			return nil, errors.New(`-claims: it is not one JSON object: write it like '{"sub": "alice"}', in single quotes for the shell, or pass @FILE`)
		}
	}
	if o.lifetime > maxLifetime || o.lifetime < -maxLifetime {
		return nil, errors.New("-lifetime: it is more than 366 days: put an exp into -claims")
	}
	issued := time.Now()
	expires := issued.Add(o.lifetime)
	if o.lifetime <= 0 { // it was good once
		issued = expires.Add(-defaultLifetime)
	}
	for name, value := range map[string]any{"iat": issued.Unix(), "exp": expires.Unix(), "jti": rand.Text()} {
		if _, ok := claims[name]; !ok {
			claims[name] = value
		}
	}
	for name, value := range map[string]string{"sub": o.subject, "iss": o.issuer} {
		if value != "" {
			claims[name] = value
		}
	}
	switch len(o.audience) {
	case 0:
	case 1:
		claims["aud"] = o.audience[0]
	default:
		claims["aud"] = []string(o.audience)
	}
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims, nil
}

// readKey returns the key that signs: a []byte, *rsa.PrivateKey, *ecdsa.PrivateKey or
// ed25519.PrivateKey. Without a flag for one it is a new one.
func (o *order) readKey() (key any, isNew bool, err error) {
	given := slices.DeleteFunc([]string{o.secretEnv, o.secretFile, o.keyFile}, func(s string) bool { return s == "" })
	switch {
	case len(given) > 1:
		return nil, false, errors.New("a token has one signature: keep one of -secret-env, -secret-file and -key")
	case o.secretEnv != "":
		secret, err := readSecretEnv(o.secretEnv)
		return secret, false, err
	case o.secretFile != "":
		secret, err := readFile("-secret-file", o.secretFile)
		return secret, false, err
	case o.keyFile != "":
		key, err = readPrivateKey(o.keyFile)
		return key, false, err
	}
	switch o.algorithm {
	case "", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		key, err = ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "HS256", "HS384", "HS512":
		return nil, false, errors.New(o.algorithm + " needs a secret that both sides know: export one, as with \"openssl rand -base64 32\", and pass its name with -secret-env")
	default:
		return nil, false, errAlgorithm
	}
	return key, true, err
}

var errAlgorithm = fmt.Errorf("-alg: use %s", jws.List(jws.Algorithms(), "or"))

func readPrivateKey(name string) (any, error) {
	data, err := readFile("-key", name)
	if err != nil {
		return nil, err
	}
	key, err := jws.ParsePrivateKey(data)
	if err != nil {
		return nil, fmt.Errorf("-key: %w", err)
	}
	return key, nil
}

// methodFor returns how to sign with a key. An empty algorithm is the usual one of the key.
func methodFor(algorithm string, key any) (jwt.SigningMethod, error) {
	var methods []jwt.SigningMethod
	switch k := key.(type) {
	case []byte:
		if len(k) == 0 {
			return nil, errors.New("the secret is empty: make one with \"openssl rand -base64 32\"")
		}
		methods = []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512}
	case *rsa.PrivateKey:
		methods = []jwt.SigningMethod{
			jwt.SigningMethodRS256, jwt.SigningMethodRS384, jwt.SigningMethodRS512,
			jwt.SigningMethodPS256, jwt.SigningMethodPS384, jwt.SigningMethodPS512,
		}
	case *ecdsa.PrivateKey:
		for _, name := range jws.AlgorithmsFor(&k.PublicKey) {
			methods = append(methods, jws.MethodOf(name))
		}
	case ed25519.PrivateKey:
		methods = []jwt.SigningMethod{jwt.SigningMethodEdDSA}
	}
	var names []string
	for _, m := range methods {
		if algorithm == "" || algorithm == m.Alg() {
			return m, nil
		}
		names = append(names, m.Alg())
	}
	return nil, fmt.Errorf("-alg does not go with the key: use %s, or leave it out", jws.List(names, "or"))
}

// publicPEM returns the public half of a private key, nil for a secret.
func publicPEM(key any) ([]byte, error) {
	private, ok := key.(crypto.Signer)
	if !ok {
		return nil, nil
	}
	der, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return nil, errors.New("the public key cannot be written")
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// advice says how to verify a token with these claims, whose private key is gone.
func (o *order) advice(algorithm string, claims jwt.MapClaims, public []byte) string {
	var b strings.Builder
	file := plainOr(o.publicFile, "FILE")
	if o.publicFile == "" {
		file = "key.pem"
		fmt.Fprintf(&b, "The key pair is new, and its private half is gone. Save its public half as key.pem, or pass -public FILE:\n\n%s\n", public)
	} else {
		fmt.Fprintf(&b, "The key pair is new, and its private half is gone. Its public half is in %s.\n", file)
	}
	flags := ""
	var options []string
	option := func(flag, field string) {
		flags += " " + flag
		options = append(options, field)
	}
	if algorithm[:2] == "PS" || algorithm == "RS384" || algorithm == "RS512" {
		flags = " -alg " + algorithm
	}
	if audience, err := claims.GetAudience(); err == nil && len(audience) > 0 {
		name := plainOr(audience[0], "NAME")
		option("-audience "+name, fmt.Sprintf("Audience: []string{%q}", name))
	}
	if o.typ != "" && o.typ != "JWT" {
		typ := plainOr(o.typ, "TYPE")
		option("-type "+typ, fmt.Sprintf("Type: %q", typ))
	}
	if claims["exp"] == nil {
		option("-allow-missing-expiry", "AllowMissingExpiry: true")
	}
	if claims["cnf"] != nil {
		option("-allow-sender-constrained", "AllowSenderConstrained: true")
	}
	parse, key := "jwthttp.ParseRSAPublicKey", "pub"
	switch algorithm {
	case "ES256", "ES384", "ES512":
		parse = "jwt.ParseECPublicKeyFromPEM"
	case "EdDSA":
		parse, key = "jwt.ParseEdPublicKeyFromPEM", "pub.(ed25519.PublicKey)"
	}
	key = fmt.Sprintf("jwthttp.NewKey(jwt.SigningMethod%s, %s)", algorithm, key)
	if short := []string{"RS256", "PS256", "ES256", "EdDSA"}; slices.Contains(short, algorithm) {
		key = strings.Replace(key, "NewKey(jwt.SigningMethod"+algorithm+", ", algorithm+"(", 1)
	}
	fmt.Fprintf(&b, "Verify the token:\n\n\tjwthttp explain -key %s%s token.txt\n\nIn a program, with the bytes of the file as data:\n\n", file, flags)
	fmt.Fprintf(&b, "\tpub, err := %s(data)\n\tauth, err := jwthttp.New[Claims](%s, jwthttp.Options{%s})\n", parse, key, strings.Join(options, ", "))
	return b.String()
}

// plainOr returns text if a shell and a terminal take it as it is, else name.
func plainOr(text, name string) string {
	isOdd := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_./:+-", c)
	}
	if text == "" || strings.ContainsFunc(text, isOdd) {
		return name
	}
	return text
}
