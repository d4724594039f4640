package main

import (
	"bytes"
	"cmp"
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

	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/devissuer"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/issue"
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
exp is 15 minutes ahead, and jti is random. A jti and an earlier exp of the claims stay. A claim
that is null is left out.

A token that a middleware would refuse is not signed, and mint says why. For trying how it is
refused, -unchecked signs it. Then the claims may also have any iat and exp, or none:

	echo '{"sub": 42, "exp": null}' | jwthttp mint -unchecked -claims -

`

// An order is what the flags say of the token to make.
type order struct {
	claims, subject, issuer string
	audience                texts
	lifetime                time.Duration
	algorithm, keyID, typ   string
	unchecked               bool

	secretEnv, secretFile, keyFile string
	publicFile                     string
}

func (o *order) addTo(fs *flag.FlagSet) {
	fs.StringVar(&o.claims, "claims", "", "the claims, as a JSON `object`, @FILE for those of a file, or - for standard input")
	fs.StringVar(&o.subject, "sub", "", "the `subject`: for whom the token is")
	fs.StringVar(&o.issuer, "issuer", "", "the `iss`: who makes the token")
	fs.Var(&o.audience, "audience", "a `name` in aud: for which service the token is; may be repeated")
	fs.DurationVar(&o.lifetime, "lifetime", devissuer.Lifetime, "from now to exp, such as 1h, at most 24h; with -unchecked any, and a negative one for a token\nthat has expired")
	fs.StringVar(&o.algorithm, "alg", "", "the `algorithm`, such as HS256, RS256, ES384 or EdDSA; by default that of the key,\nand RS256 without one")
	fs.StringVar(&o.keyID, "kid", "", "the `id` of the key, for the header; by default the thumbprint of a public key (RFC 7638), and none\nwith -unchecked")
	fs.StringVar(&o.typ, "type", "JWT", "the `typ`, for the header, such as at+jwt; with -unchecked, \"\" for none")
	fs.BoolVar(&o.unchecked, "unchecked", false, "sign whatever the claims say, for tokens that must be refused")
	fs.StringVar(&o.secretEnv, "secret-env", "", "the `NAME` of the environment variable that has the secret")
	fs.StringVar(&o.secretFile, "secret-file", "", "the `file` that has the secret; every byte of it counts")
	fs.StringVar(&o.keyFile, "key", "", "the `file` that has the private key, of openssl or ssh-keygen")
	fs.StringVar(&o.publicFile, "public", "", "the `file` to write the public key to; an existing one is replaced")
}

func mint(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var o order
	fs := newFlagSet("mint", mintUsage)
	o.addTo(fs)
	if status, ok := parseFlags(fs, args, stdout, stderr); !ok {
		return status
	}
	err := errors.New("it takes flags only: pass claims with -claims")
	if fs.NArg() == 0 {
		err = o.mint(ctx, stdin, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "jwthttp mint:", err)
		return exitUnknown
	}
	return exitGood
}

// mint writes the token to stdout, and how to verify it to stderr if its key is a new one.
func (o *order) mint(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	o.algorithm = jws.Canonical(o.algorithm)
	claims, err := o.readClaims(stdin)
	if err != nil {
		return err
	}
	key, isNew, err := o.readKey()
	if err != nil {
		return err
	}
	algorithm, err := algorithmFor(o.algorithm, key)
	if err != nil {
		return err
	}
	signer, err := jws.NewSigner(algorithm, key)
	if err != nil {
		return err
	}
	var token string
	if o.unchecked {
		token, err = devissuer.Sign(ctx, signer, devissuer.Header{Algorithm: algorithm, KeyID: o.keyID, Type: o.typ}, claims, o.lifetime)
	} else if token, err = o.issue(ctx, algorithm, key, claims); err != nil {
		err = fmt.Errorf("%w\nTo sign it all the same, as a token that must be refused, add -unchecked", err)
	}
	if err != nil {
		return err
	}
	public := publicPEM(signer.Public)
	switch {
	case o.publicFile != "" && public == nil:
		return errors.New("-public needs a key pair, and a secret has no public half: leave it out")
	case o.publicFile != "":
		if err := writePublic(o.publicFile, public); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(stdout, token); err != nil {
		return errors.New("the token cannot be written")
	}
	if isNew {
		_, err = io.WriteString(stderr, o.advice(algorithm, claims, public))
	}
	return err
}

// issue returns a token that a middleware with the same issuer, audience and type accepts.
func (o *order) issue(ctx context.Context, algorithm string, key any, claims jwt.MapClaims) (string, error) {
	for _, name := range []string{"iat", "exp", "jti"} { // package issue would set it
		if value, ok := claims[name]; ok && (value == nil || value == json.Number("0")) {
			return "", fmt.Errorf("-claims: %s is null or 0, and a good token has another one: leave it out of the claims", name)
		}
	}
	switch {
	case o.lifetime < time.Second || o.lifetime > 24*time.Hour: // package issue takes 0 for its default
		return "", fmt.Errorf("-lifetime is %v: use 1s to 24h", o.lifetime)
	case o.typ == "":
		return "", errors.New("-type is empty, and a good token has one: leave -type out")
	}
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	opts := issue.Options{Lifetime: o.lifetime}
	opts.Issuer, _ = claims["iss"].(string)
	opts.Audience, _ = claims.GetAudience()
	if o.typ != "JWT" {
		opts.Type = o.typ
	}
	signs := issue.NewKey(jws.MethodOf(algorithm), key)
	if o.keyID != "" {
		signs = signs.WithID(o.keyID)
	}
	iss, err := issue.New[jwt.MapClaims](opts, signs)
	if err != nil {
		return "", err
	}
	token, _, err := iss.Token(ctx, claims)
	return token, err
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

// readClaims returns the claims of -claims and of the flags.
func (o *order) readClaims(stdin io.Reader) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	text := []byte(o.claims)
	var err error
	switch name, isFile := strings.CutPrefix(o.claims, "@"); {
	case o.claims == "-":
		if text, err = io.ReadAll(io.LimitReader(stdin, maxFileBytes+1)); err != nil || len(text) > maxFileBytes {
			return nil, errors.New("-claims: standard input cannot be read, or has more than 1 MiB")
		}
		if len(text) == 0 {
			return nil, errors.New("-claims: standard input is empty: write the JSON of the claims to it, or leave the flag out")
		}
	case isFile:
		if text, err = readFile("-claims", name); err != nil {
			return nil, err
		}
	}
	if jws.IsUTF16(text) {
		return nil, errors.New("-claims: got UTF-16, as PowerShell writes it: save the file as UTF-8")
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // some editors write it
	if len(text) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber() // an id of 17 digits stays as it is
		if err := decoder.Decode(&claims); err != nil || claims == nil || decoder.Decode(new(any)) != io.EOF {
			return nil, errors.New(`-claims: it is not one JSON object: write it like '{"sub": "alice"}', in single quotes for the shell, or pass @FILE`)
		}
		if !o.unchecked && !jsontext.Value(text).IsValid() { // package json takes the last of two names, and replaces bad UTF-8
			return nil, errors.New("-claims: it has a name twice, or a text that is not UTF-8: mend it, or add -unchecked")
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
		data, err := readFile("-key", o.keyFile)
		if err != nil {
			return nil, false, err
		}
		if key, err = jws.ParsePrivateKey(data); err != nil {
			err = fmt.Errorf("-key: %w", err)
		}
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

// algorithmFor returns what to sign with. An empty algorithm is the usual one of the key.
func algorithmFor(algorithm string, key any) (string, error) {
	if pair, ok := key.(crypto.Signer); ok {
		key = pair.Public()
	}
	names := jws.AlgorithmsFor(key)
	if algorithm = cmp.Or(algorithm, names[0]); !slices.Contains(names, algorithm) {
		return "", fmt.Errorf("-alg does not go with the key: use %s, or leave it out", jws.List(names, "or"))
	}
	return algorithm, nil
}

// publicPEM returns a public key in PEM, nil for that of a secret.
func publicPEM(key crypto.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// advice says how to verify a token with these claims, whose private key is gone.
func (o *order) advice(algorithm string, claims jwt.MapClaims, public []byte) string {
	var b strings.Builder
	var odd []string // the words of the command that are in place of the caller's
	plain := func(text, name string) string {
		if isPlain(text) {
			return text
		}
		odd = append(odd, name)
		return name
	}
	file := "key.pem"
	if o.publicFile == "" {
		fmt.Fprintf(&b, "The key pair is new, and its private half is gone. Save its public half as key.pem, or pass -public FILE:\n\n%s\n", public)
	} else {
		file = plain(o.publicFile, "FILE")
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
	if issuer, _ := claims["iss"].(string); issuer != "" {
		option("-issuer "+plain(issuer, "ISSUER"), fmt.Sprintf("Issuer: %q", issuer))
	}
	if audience, err := claims.GetAudience(); err == nil && len(audience) > 0 {
		option("-audience "+plain(audience[0], "NAME"), fmt.Sprintf("Audience: []string{%q}", audience[0]))
	}
	if o.typ != "" && o.typ != "JWT" {
		option("-type "+plain(o.typ, "TYPE"), fmt.Sprintf("Type: %q", o.typ))
	}
	if o.unchecked && claims["exp"] == nil {
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
	b.WriteString("Verify the token")
	if odd != nil {
		b.WriteString(", with your own text for " + jws.List(odd, "and"))
	}
	fmt.Fprintf(&b, ":\n\n\tjwthttp explain -key %s%s token.txt\n\nIn a program, with the bytes of the file as data:\n\n", file, flags)
	fmt.Fprintf(&b, "\tpub, err := %s(data)\n\tauth, err := jwthttp.New[Claims](%s, jwthttp.Options{%s})\n", parse, key, strings.Join(options, ", "))
	return b.String()
}

// isPlain reports whether a shell and a terminal take text as it is.
func isPlain(text string) bool {
	isOdd := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("_./:+-", c)
	}
	return text != "" && !strings.ContainsFunc(text, isOdd)
}
