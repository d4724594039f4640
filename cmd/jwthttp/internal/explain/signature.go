package explain

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/logtext"
)

const maxRSABits = 8192 // as package jws has it

// checkSignature asks the middleware about the key and the signature. Where no middleware takes
// the token, it asks about the key alone, and tries the keys itself. keysWork reports whether the
// middleware of setup can be asked.
func (e *explainer) checkSignature(keysWork bool) {
	e.reached = stepSignature
	keys := e.keys()
	var reason string
	if keysWork && !e.isMended && !e.formFault {
		reason, _ = e.ask(e.setup.Source, e.opts, e.sent)
		e.good = !slices.Contains([]string{"unknown_key", "signature"}, reason) && !isAboutSetup(reason)
	} else {
		reason = e.tryUsedKeys(keys, keysWork)
		e.good = reason == ""
	}
	if e.good {
		e.noteGoodKey()
		return
	}
	if e.sigFault || len(keys) == 0 {
		return
	}
	came := fmt.Sprintf("alg %s, no kid", logtext.Quote(e.algorithm()))
	if e.keyID() != "" {
		came = fmt.Sprintf("alg %s, kid %s", logtext.Quote(e.algorithm()), logtext.Quote(e.keyID()))
	}
	if reason == "signature" {
		came = "a signature that fails (" + came + ")"
	}
	e.add(Finding{Reason: reason, Wanted: "a signature by " + describeKeys(keys), Came: came, Mend: e.signatureMend(keys, reason)})
}

// tryUsedKeys tries the keys that a middleware uses for the header, mended. It returns the
// reason of the middleware if none of them verifies the token, else "".
func (e *explainer) tryUsedKeys(keys []Key, keysWork bool) string {
	if keysWork { // a signature that no key verifies shows whether there is a key
		reason, _ := e.ask(e.setup.Source, e.opts, "Bearer "+encode(e.headerAs.json())+"."+encode([]byte("{}"))+".AAAA")
		if reason == "unknown_key" || isAboutSetup(reason) {
			return reason
		}
	}
	used := e.usedKeys(keys, !keysWork && e.setup.Remote == nil)
	switch {
	case len(used) == 0:
		return "unknown_key"
	case slices.ContainsFunc(used, func(k Key) bool { return e.token.isSignedBy(k.Material, algorithmOf(k)) }):
		return ""
	}
	return "signature"
}

// usedKeys returns the keys that may verify a token with the header, by the rule of KeySet. Keys
// that no middleware uses are among them only if withSkipped, where a finding says that already.
func (e *explainer) usedKeys(keys []Key, withSkipped bool) (used []Key) {
	of := map[jwthttp.Key]Key{}
	var set jwthttp.KeySet
	for _, k := range keys {
		key, ok := verifying(algorithmOf(k), k.Material)
		if !ok || k.Skipped != "" && !withSkipped {
			continue
		}
		if k.ID != "" {
			key = key.WithID(k.ID)
		}
		set, of[key] = append(set, key), k
	}
	header := jwthttp.TokenHeader{Algorithm: e.headerAs.str("alg"), KeyID: e.headerAs.str("kid")}
	eligible, _ := set.Keys(e.ctx, header) // its error is nil
	for _, key := range eligible {
		used = append(used, of[key])
	}
	return used
}

func (e *explainer) algorithm() string {
	header := readObject(e.token.header)
	return header.str("alg")
}

func (e *explainer) keyID() string {
	header := readObject(e.token.header)
	return header.str("kid")
}

// keys returns every key of the setup, for trials.
func (e *explainer) keys() []Key {
	if e.setup.Remote == nil {
		return e.setup.Keys
	}
	keySet, _, _ := e.setup.Remote.Recorder.fetched()
	return keysOfSet(keySet, "the key set")
}

// describeKeys names keys by algorithm and kid.
func describeKeys(keys []Key) string {
	var names []string
	for _, k := range keys {
		algorithm := k.Algorithm
		if algorithm == "" && k.Material != nil {
			algorithm = usualAlgorithm(k.Material)
		}
		name := clip(algorithm)
		if k.ID != "" {
			name += " kid " + logtext.Quote(k.ID)
		}
		if k.Skipped != "" {
			name += " (not used)"
		}
		names = append(names, name)
	}
	const most = 6
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("%d more", len(names)-most))
	}
	return strings.Join(names, ", ")
}

// isSignedBy reports whether the signature is good under one algorithm and key.
func (t *token) isSignedBy(material any, algorithm string) bool {
	if algorithm == "Ed25519" {
		algorithm = "EdDSA"
	}
	if pub, ok := material.(*rsa.PublicKey); ok && pub.N.BitLen() > maxRSABits {
		return false // the work grows with the square of the size
	}
	method := jwt.GetSigningMethod(algorithm)
	if method == nil || algorithm == "none" || len(t.signature) == 0 || material == nil {
		return false
	}
	return method.Verify(t.input, t.signature, material) == nil
}

// signatureMend tries what people do to keys and tokens, and says which of it explains the
// signature.
func (e *explainer) signatureMend(keys []Key, reason string) string {
	alg := e.algorithm()
	for _, try := range []func([]Key, string) string{
		e.tryAlgorithmName, e.tryKeyAsItIs, e.tryOtherAlgorithm, e.trySecretForms, e.tryPublicKeyAsSecret, e.tryEmbeddedKey, e.tryLength, e.tryKind,
	} {
		if e.ctx.Err() != nil {
			return "there was no time to find out why: try again"
		}
		if mend := try(keys, alg); mend != "" {
			return mend
		}
	}
	return e.unexplained(keys, reason)
}

// tryAlgorithmName looks at what the header says, whatever the signature is.
func (e *explainer) tryAlgorithmName(_ []Key, alg string) string {
	header := readObject(e.token.header)
	switch {
	case strings.EqualFold(alg, "none"):
		return `the token is unsigned: its alg is "none", so anybody can have made it; have the issuer sign it`
	case alg == "":
		return "the header has no alg: have the issuer name the algorithm that it signs with"
	case header.has("nonce"):
		return "the header has a nonce, as tokens for Microsoft Graph have: nobody but Graph can verify them; ask for a token with a scope of your own API"
	}
	return ""
}

// tryKeyAsItIs finds a key that verifies the token and that the middleware does not use for it.
func (e *explainer) tryKeyAsItIs(keys []Key, alg string) string {
	for _, k := range keys {
		if !e.token.isSignedBy(k.Material, alg) {
			continue
		}
		usual := k.Algorithm
		if usual == "" {
			usual = usualAlgorithm(k.Material)
		}
		switch {
		case k.Skipped != "":
			return fmt.Sprintf("%s verifies the token, but is not used: %s", k.Name, k.Skipped)
		case usual != alg && usual != "":
			return fmt.Sprintf("%s verifies the token, but is for %s, and the token is signed with %s: make the key for %s (flag -alg), or have the issuer publish it with this alg", k.Name, clip(usual), clip(alg), clip(alg))
		case k.ID != e.keyID():
			return fmt.Sprintf("%s verifies the token, but its id is %s and the token's kid is %s: give Key.WithID the kid of the token, or leave WithID out", k.Name, logtext.Quote(k.ID), logtext.Quote(e.keyID()))
		}
		return fmt.Sprintf("%s verifies the token, but the middleware has not used it: it may be new in the set, so try again; with more than 8 keys that fit, have the issuer name one in kid", k.Name)
	}
	return ""
}

var families = [][]string{
	{"HS256", "HS384", "HS512"},
	{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"},
	{"ES256", "ES384", "ES512"},
	{"EdDSA"},
}

// tryOtherAlgorithm finds a signature by another algorithm than the header says.
func (e *explainer) tryOtherAlgorithm(keys []Key, alg string) string {
	for _, k := range keys {
		for _, family := range families {
			for _, other := range family {
				if other != alg && e.token.isSignedBy(k.Material, other) {
					return fmt.Sprintf("the header says %s, but the signature is one of %s by %s: have the issuer write the alg that it signs with", logtext.Quote(alg), other, k.Name)
				}
			}
		}
		if pub, ok := k.Material.(*ecdsa.PublicKey); ok {
			method, isEC := jwt.GetSigningMethod(alg).(*jwt.SigningMethodECDSA)
			if isEC && method.Hash.Available() {
				hash := method.Hash.New()
				hash.Write([]byte(e.token.input))
				if ecdsa.VerifyASN1(pub, hash.Sum(nil), e.token.signature) {
					return fmt.Sprintf("the signature is good, but in the DER form that OpenSSL writes: have the issuer write r and s one after the other, %d bytes each (RFC 7518 section 3.4)", method.KeySize)
				}
			}
		}
	}
	return ""
}

// tryPublicKeyAsSecret finds an HMAC whose secret is the text of a public key.
func (e *explainer) tryPublicKeyAsSecret(keys []Key, alg string) string {
	if !slices.Contains(families[0], alg) {
		return ""
	}
	for _, k := range keys {
		for _, text := range textsOf(k) {
			if e.token.isSignedBy(text, alg) {
				return fmt.Sprintf("the token is signed with %s and the text of %s as the secret, which everybody can read: it is a forgery, or the issuer must sign with its private key and another alg", alg, k.Name)
			}
		}
	}
	return ""
}

// textsOf returns the texts of a public key that a program may take for a secret.
func textsOf(k Key) (texts [][]byte) {
	switch k.Material.(type) {
	case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
	default:
		return nil
	}
	add := func(text []byte) {
		trimmed := strings.TrimSpace(string(text))
		texts = append(texts, text, []byte(trimmed), []byte(trimmed+"\n"))
	}
	if k.text != nil {
		add(k.text)
	}
	if der, err := x509.MarshalPKIXPublicKey(k.Material); err == nil {
		add(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		texts = append(texts, der)
	}
	if pub, ok := k.Material.(*rsa.PublicKey); ok {
		add(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(pub)}))
	}
	return texts
}

// tryEmbeddedKey finds a token that brings its own key.
func (e *explainer) tryEmbeddedKey(_ []Key, alg string) string {
	header := readObject(e.token.header)
	if !header.has("jwk") {
		return ""
	}
	if k := readJWK(header.members["jwk"]); e.token.isSignedBy(k.Material, alg) {
		return "the token is signed with the key that it brings along in its header (jwk), for which nobody vouches: it is a forgery, or the issuer's key belongs in the configuration"
	}
	return ""
}

// tryLength finds a signature that was cut.
func (e *explainer) tryLength(keys []Key, alg string) string {
	want := map[string]int{"HS256": 32, "HS384": 48, "HS512": 64, "ES256": 64, "ES384": 96, "ES512": 132, "EdDSA": 64, "Ed25519": 64}[alg]
	if slices.Contains(families[1], alg) {
		for _, k := range keys {
			if pub, ok := k.Material.(*rsa.PublicKey); ok && (k.ID == e.keyID() || want == 0) {
				want = pub.Size()
			}
		}
	}
	got := len(e.token.signature)
	switch {
	case got == 0:
		return "the signature segment is not base64url: the token was cut off or changed; copy it whole"
	case want == 0 || got == want:
		return ""
	case got < want:
		return fmt.Sprintf("the signature has %d bytes, and one of %s by this key has %d: the token was cut off, or another key has signed it; copy it whole", got, alg, want)
	}
	return fmt.Sprintf("the signature has %d bytes, and one of %s by this key has %d: another key has signed the token, or something was joined to it", got, alg, want)
}

// tryKind compares the kinds of keys and tokens.
func (e *explainer) tryKind(keys []Key, alg string) string {
	var secrets, publics, named []Key
	for _, k := range keys {
		if _, ok := k.Material.([]byte); ok {
			secrets = append(secrets, k)
		} else {
			publics = append(publics, k)
		}
		if k.ID != "" && k.ID == e.keyID() {
			named = append(named, k)
		}
	}
	possible := jws.Algorithms()
	if e.setup.Remote != nil { // a key set has no secrets
		possible = slices.DeleteFunc(possible, jws.IsSymmetric)
	}
	alg = jws.Canonical(alg)
	isHMAC := slices.Contains(families[0], alg)
	payload := readObject(e.token.payload)
	switch {
	case !jws.IsAlgorithm(alg):
		return fmt.Sprintf("no key can have alg %s, because keys are used for %s only: have the issuer sign with one of these", logtext.Quote(alg), jws.List(possible, "and"))
	case isHMAC && len(secrets) == 0 && isRefreshToken(&payload):
		return "this is a refresh token, which only its issuer can verify: send the access token to the API"
	case isHMAC && len(secrets) == 0:
		return fmt.Sprintf("the token is signed with a secret (%s), and the middleware has public keys only: have the issuer sign with its private key, such as RS256, or pass the secret to HS256", alg)
	case !isHMAC && len(publics) == 0:
		return fmt.Sprintf("the token is signed with a private key (%s), and the middleware has a secret: pass it the issuer's public key, from a file or by jwks.Discover", clip(alg))
	case len(named) > 0 && !slices.ContainsFunc(named, func(k Key) bool { return algorithmOf(k) == alg && k.Skipped == "" }):
		k := named[0]
		if k.Skipped != "" {
			return fmt.Sprintf("the key set has the kid %s, but this key is not used: %s", logtext.Quote(k.ID), k.Skipped)
		}
		return fmt.Sprintf("the key set has the kid %s for %s only, and the token says %s: have the issuer publish the key with the alg that it signs with", logtext.Quote(k.ID), clip(algorithmOf(k)), logtext.Quote(alg))
	case !slices.ContainsFunc(keys, func(k Key) bool { return algorithmOf(k) == alg }):
		return fmt.Sprintf("no key of the middleware is for %s: it has %s; configure the key and the alg that the issuer signs with", logtext.Quote(alg), describeKeys(keys))
	}
	return ""
}

func algorithmOf(k Key) string {
	if k.Algorithm == "" && k.Material != nil {
		return usualAlgorithm(k.Material)
	}
	return jws.Canonical(k.Algorithm)
}

// unexplained says what is left.
func (e *explainer) unexplained(keys []Key, reason string) string {
	payload := readObject(e.token.payload)
	if iss := payload.str("iss"); iss != "" && e.opts.Issuer != "" && iss != e.opts.Issuer {
		mend := e.differenceOf(e.opts.Issuer, iss, inToken)
		if discovers := e.setup.Remote != nil && e.setup.Remote.Discovers; !discovers && !e.setup.OwnIssuer {
			mend += "; its keys are needed too"
		}
		return fmt.Sprintf("another issuer has signed the token: its iss is %s, and the keys are those of %s; %s", logtext.Quote(iss), logtext.Quote(e.opts.Issuer), mend)
	}
	if reason == "unknown_key" && e.keyID() != "" {
		return fmt.Sprintf("no key has the kid %s: the issuer has replaced its keys, or the token is of another environment or realm; the middleware has %s", logtext.Quote(e.keyID()), describeKeys(keys))
	}
	if slices.Contains(families[0], e.algorithm()) {
		return "the secret is not the one that signed the token, and neither is its base64, hex or trimmed form: compare the secrets of both sides, or the token was changed after it was signed"
	}
	return "the keys are not those that signed the token, or it was changed after it was signed: take the public half of the key that the issuer signs with now"
}
