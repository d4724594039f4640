package jwthttptest

import (
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/internal/jws"
)

const (
	hintDowngrade = "a stolen token would work without its key: a token that is bound to a key comes under DPoP only (RFC 9449 section 7.2)"
	hintUnbound   = "set Options.Bindings, and Setup.AllowUnbound if unbound tokens are accepted on purpose"
	hintConfirm   = "refuse a cnf that you do not understand: it binds the token to something"
	hintNoProof   = "the proof is not verified"
	hintOneProof  = "exactly one proof counts (RFC 9449 section 4.3)"
	hintOtherKey  = "compare the key's thumbprint with cnf.jkt (RFC 9449 section 6.1)"
	hintStrict    = "read the proof as strictly as a token: doubled names and names in another case count in some readers"
	hintProofType = "typ must be dpop+jwt: any other JWT is not a proof"
	hintHost      = "anybody can write any Host and any X-Forwarded-Host: compare htu with the configured origin"
	hintAth       = "compare ath with the digest of the token that was sent"
	hintTime      = "a proof is good for a minute, or so"
	hintReplay    = "a proof is good once: remember its key and jti until it is too old"
	hintNonce     = "every proof needs a current nonce of the server: set dpop.Options.Nonces, or leave them out in Setup.DPoP"
	hintBothKeys  = "every member of cnf is a key that must be proved"
)

// acceptedQuery is for a request with a query, which a layer outside may refuse.
var acceptedQuery = &answer{otherwise: faultRefuses, wrong: func(x *exam, w *response) bool {
	return w.panicked || !w.isOK() && (isOurs(w, invalidProof) || w.Code == http.StatusUnauthorized || !w.is4xx())
}}

// boundTokens has tokens under another scheme than their own, RFC 9449 sections 6.1 and 7.1 and
// RFC 7800 section 3.1.
func (x *exam) boundTokens() []probe {
	good, unbound, expired := x.token(), x.token(Claim("cnf", nil)), x.bad(Expired)
	proof := func(token string) change {
		return func(r *http.Request) { r.Header.Add("DPoP", x.proof(r, token)) }
	}
	under := func(scheme, token string) change { return authorization(scheme + " " + token) }
	wantUnbound := invalidToken
	if x.AllowUnbound {
		wantUnbound = accepted
	}
	probes := []probe{
		{"a bound token under Bearer", all(under("Bearer", good), proof(good)), invalidToken, hintDowngrade},
		{"a bound token under Bearer, without a proof", under("Bearer", good), invalidToken, hintDowngrade},
		{"an unbound token under DPoP", under("DPoP", unbound), invalidToken, "whoever has it could make a proof for it"},
		{"an unbound token under Bearer", under("Bearer", unbound), wantUnbound, hintUnbound},
		{"an unbound token under Bearer, with a proof", all(under("Bearer", unbound), proof(unbound)), wantUnbound, hintUnbound},
		{"an unbound token under Bearer, with a bad proof", all(under("Bearer", unbound), proofs("undefined")), wantUnbound, hintUnbound},
		{"a proof without a token", proof(""), noToken, "a proof is not a credential: anybody can sign one"},
		{"Authorization: DPoP … and Bearer …", authorization("DPoP "+good, "Bearer "+unbound), invalidRequest, hintOne},
		{"Authorization: Bearer … and DPoP …", authorization("Bearer "+unbound, "DPoP "+good), invalidRequest, hintOne},
		{"an expired token with a bad proof", all(under("DPoP", expired), proofs("undefined")), invalidToken, "verify the token before the proof: anybody can sign a proof"},
	}
	if x.Cookie != "" {
		probes = append(probes, probe{"a bound token in the cookie", all(x.cookie(good), proof(good)), invalidToken, hintDowngrade})
		if !x.HeaderFirst {
			probes = append(probes, probe{"a bound token beside a cookie", all(x.with(good), x.cookie(unbound)), invalidRequest, hintOne})
		}
	}
	jkt := x.key.Thumbprint()
	for _, cnf := range []struct{ name, text string }{
		{"is null", `null`},
		{"is a text", `"` + jkt + `"`},
		{"is an array", `[{"jkt":"` + jkt + `"}]`},
		{"is empty", `{}`},
		{"has a jkt of null", `{"jkt":null}`},
		{"has an empty jkt", `{"jkt":""}`},
		{"has an object as jkt", `{"jkt":{"jkt":"` + jkt + `"}}`},
		{"has an unknown member alone", `{"kid":"` + jkt + `"}`},
		{"has an unknown member beside jkt", `{"jkt":"` + jkt + `","kid":"` + jkt + `"}`},
		{"has JKT in place of jkt", `{"JKT":"` + jkt + `"}`},
		{"has a jkt with padding", `{"jkt":"` + jkt + `="}`},
	} {
		token := x.token(Claim("cnf", json.RawMessage(cnf.text)))
		probes = append(probes, probe{"a cnf that " + cnf.name, under("DPoP", token), invalidToken, hintConfirm})
		if x.takesBearer() {
			probes = append(probes, probe{"a cnf that " + cnf.name + ", with Bearer", under("Bearer", token), invalidToken, hintConfirm})
		}
	}
	return probes
}

// faultyProofs is RFC 9449 section 4.3, but for the request and its repetition.
func (x *exam) faultyProofs() (rows []probe) {
	good := x.token()
	add := func(name string, want *answer, hint string, changes ...change) {
		rows = append(rows, probe{name, all(append([]change{x.with(good)}, changes...)...), want, hint})
	}
	bad := func(name, hint string, options ...TokenOption) {
		add(name, invalidProof, hint, x.proving(options...))
	}
	add("no DPoP header", invalidProof, hintNoProof, proofs())
	add("an empty DPoP header", invalidProof, hintNoProof, proofs(""))
	add("a DPoP header that is not a JWT", invalidProof, hintNoProof, proofs("undefined"))
	add("the token as its own proof", invalidProof, hintProofType, proofs(good))
	add("two DPoP headers", invalidProof, hintOneProof, x.proving(), x.proving())
	add("two DPoP headers, the second bad", invalidProof, hintOneProof, x.proving(), x.proving(ForgedSignature))
	add("two DPoP headers, the first bad", invalidProof, hintOneProof, x.proving(ForgedSignature), x.proving())
	add("two proofs in one DPoP header", invalidProof, hintOneProof, x.proving(), x.proving(), func(r *http.Request) {
		r.Header.Set("DPoP", strings.Join(r.Header["Dpop"], ", "))
	})

	bad("a proof that another key has signed", hintNoProof, ForgedSignature)
	bad("a proof without a signature", hintNoProof, NoSignature)
	bad("a proof with half a signature", hintNoProof, Truncated)
	bad("a proof that was changed after signing", hintNoProof, TamperedClaims)
	bad("a proof of alg none", hintNoProof, AlgNone)
	bad("a proof of HS256 with the public key", "a secret that the proof shows proves nothing", option(func(d *draft) {
		d.algorithm, d.key = jws.HS256, publicPEM(d.tb, x.key.material())
		d.header.set("alg", jws.HS256)
	}))
	bad("a proof of HS256 with the secret in it", "a secret that the proof shows proves nothing", option(func(d *draft) {
		secret := make([]byte, 32)
		rand.Read(secret)
		d.algorithm, d.key = jws.HS256, secret
		d.header.set("alg", jws.HS256)
		d.header.set("jwk", members{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString(secret)})
	}))
	bad("a proof without alg", hintNoProof, Header("alg", nil))
	bad("a proof of typ JWT", hintProofType, Header("typ", "JWT"))
	bad("a proof of typ at+jwt", hintProofType, Header("typ", "at+jwt"))
	bad("a proof without typ", hintProofType, Header("typ", nil))
	bad("a proof whose typ is a number", hintProofType, Header("typ", 1))
	bad("a proof with an unknown crit", "", UnknownCritical)
	bad("a proof without jwk", hintNoProof, Header("jwk", nil))
	bad("a proof whose jwk is a text", hintNoProof, Header("jwk", "key"))
	bad("a proof with the private key", "a client that shows its key must be told (RFC 9449 section 4.3, 7)", Header("jwk", x.key.private()))
	bad("a proof whose jwk is for encryption", "", Header("jwk", members{"use": "enc"}.and(x.key.public())))

	bad("a proof whose jwk is for another algorithm", "", Header("jwk", members{"alg": jws.HS256}.and(x.key.public())))
	add("a proof whose jwk says more than it must", accepted, "compute the thumbprint of the required members alone (RFC 7638 section 3)",
		x.proving(Header("jwk", members{"use": "sig", "kid": "mine"}.and(x.key.public()))))

	bad("a proof with typ twice", hintStrict, editHeader(first(`"typ":"JWT"`)))
	bad("a proof with jti twice", hintStrict, editPayload(first(`"jti":"another"`)))
	bad("a proof with htm twice, escaped", hintStrict, editPayload(first(`"\u0068tm":"TRACE"`)))
	bad("a proof with HTM in place of htm", hintStrict, editPayload(func(p string) string { return strings.Replace(p, `"htm"`, `"HTM"`, 1) }))
	bad("a proof with TYP in place of typ", hintStrict, editHeader(func(h string) string { return strings.Replace(h, `"typ"`, `"TYP"`, 1) }))
	bad("a proof with deep nesting", hintStrict, editPayload(first(`"x":`+strings.Repeat("[", 64)+strings.Repeat("]", 64))))
	bad("a proof in an array", hintStrict, editPayload(func(p string) string { return "[" + p + "]" }))
	bad("a proof with two payloads", hintStrict, editPayload(func(p string) string { return p + "{}" }))

	for _, name := range []string{"jti", "htm", "htu", "iat", "ath"} {
		bad("a proof without "+name, "RFC 9449 section 4.2 requires it", Claim(name, nil))
		bad("a proof whose "+name+" is null", "RFC 9449 section 4.2 requires it", Claim(name, json.RawMessage("null")))
	}
	bad("a proof with an empty jti", hintReplay, Claim("jti", ""))
	bad("a proof with a jti of 300 bytes", "what is remembered of a proof must be bounded", Claim("jti", strings.Repeat("x", 300)))
	bad("a proof whose jti is a number", hintReplay, Claim("jti", 1))
	bad("a proof whose iat is a text", hintTime, Claim("iat", "0"))
	bad("a proof for another token", hintAth, Claim("ath", digest([]byte(x.token(Claim("another", true))))))
	bad("a proof for no token", hintAth, Claim("ath", ""))
	bad("a proof that has expired", hintTime, Claim("exp", in(-beyondLeeway)))
	bad("a proof that is not valid yet", hintTime, Claim("nbf", in(beyondLeeway)))
	for _, iat := range []struct {
		name string
		by   time.Duration
	}{{"a proof of seven minutes ago", -beyondMaxAge}, {"a proof of six minutes ahead", beyondLeeway}} {
		if x.hasNonces() {
			add(iat.name+", with a nonce", accepted, "the time of the nonce counts, and the client's clock does not", x.proving(Claim("iat", in(iat.by))))
		} else {
			bad(iat.name, hintTime, Claim("iat", in(iat.by)))
		}
	}
	return rows
}

// beyondMaxAge is beyond the largest MaxAge and Leeway of package dpop.
const beyondMaxAge = 7 * time.Minute

// and returns the members of both.
func (m members) and(others members) members {
	for name, value := range others {
		m[name] = value
	}
	return m
}

// otherRequests has proofs for other requests than theirs.
func (x *exam) otherRequests() (rows []probe) {
	good := x.token()
	origin := x.origin()
	u, err := url.Parse(origin)
	if err != nil {
		x.tb.Fatalf("jwthttptest: %v", err) // dpop.New has accepted it
	}
	add := func(name string, want *answer, hint string, changes ...change) {
		rows = append(rows, probe{name, all(append([]change{x.with(good)}, changes...)...), want, hint})
	}
	// proof makes one for a URL of this beginning and end, with the target of the request between.
	proof := func(before, after string) change {
		return func(r *http.Request) { x.proving(Claim("htu", before+targetOf(r)+after))(r) }
	}
	at := func(origin string) change { return proof(origin, "") }
	other, otherMethod := "https://elsewhere.example", http.MethodPost
	request := x.prepare(none)
	if request.Method == otherMethod {
		otherMethod = http.MethodGet
	}

	add("a proof for "+otherMethod, invalidProof, "compare htm with the method", x.proving(Claim("htm", otherMethod)))
	add("a proof for the method in lower case", invalidProof, "methods are case-sensitive", x.proving(Claim("htm", strings.ToLower(request.Method))))
	add("a proof for another path", invalidProof, "compare htu with the path", at(origin+"/elsewhere"))
	add("a proof for a path below", invalidProof, "compare htu with all of the path", proof(origin, "/below"))
	add("a proof for the path alone", invalidProof, "htu is a whole URL", at(""))
	add("a proof for another host", invalidProof, hintHost, at(other))
	add("a proof for another port", invalidProof, hintHost, at(u.Scheme+"://"+u.Hostname()+":8443"+u.Path))
	add("a proof for another scheme", invalidProof, "a proof for http is not one for https", at(map[string]string{"https": "http", "http": "https"}[u.Scheme]+"://"+u.Host+u.Path))
	add("a proof for a host that begins so", invalidProof, hintHost, at(u.Scheme+"://"+u.Host+".elsewhere.example"+u.Path))
	if u.Path != "" {
		add("a proof without the path of the origin", invalidProof, "clients call the whole URL", at(u.Scheme+"://"+u.Host))
	}
	add("a proof with a query in htu", accepted, "a query of htu does not count (RFC 9449 section 4.3, 9)", proof(origin, "?page=2"))
	add("a proof for the host in upper case", accepted, "compare URLs in their normal form (RFC 3986 section 6.2.2)", at(strings.ToUpper(u.Scheme)+"://"+strings.ToUpper(u.Host)+u.Path))
	for _, more := range x.DPoP.Origins[1:] {
		if strings.HasPrefix(request.RequestURI, "/") {
			add("a proof for "+more, accepted, "it is one of Setup.DPoP.Origins", at(strings.TrimSuffix(more, "/")))
		}
	}
	add("a request with a query", acceptedQuery, "htu has no query, and so it does not count (RFC 9449 section 4.2)", func(r *http.Request) {
		before, _, _ := strings.Cut(r.RequestURI, "?")
		r.URL.RawQuery, r.RequestURI = "page=2", before+"?page=2"
	})
	if strings.HasPrefix(request.RequestURI, "/") {
		add("a target with dot segments", notWelcome, "routers and proxies may read it in another way", func(r *http.Request) {
			x.proving()(r)
			r.RequestURI, r.URL.Path, r.URL.RawPath = "/elsewhere/.."+r.RequestURI, "/elsewhere/.."+r.URL.Path, ""
		})
	}

	forged := strings.TrimPrefix(other, "https://")
	for _, h := range []struct {
		name string
		change
	}{
		{"Host", func(r *http.Request) { r.Host = forged }},
		{"X-Forwarded-Host", headers("X-Forwarded-Host", forged, "X-Forwarded-Proto", "https")},
		{"Forwarded", headers("Forwarded", "host="+forged+";proto=https")},
		{"X-Original-Host", headers("X-Original-Host", forged, "X-Original-Url", "/elsewhere")},
	} {
		add("a proof for another host, and a forged "+h.name, invalidProof.orOutside(), hintHost, h.change, at(other))
		add("a good proof, and a forged "+h.name, acceptedQuery, hintHost, h.change, at(origin))
	}
	return rows
}

// otherKeys has tokens and proofs of other keys, and of other algorithms.
func (x *exam) otherKeys() []probe {
	good, own := x.token(), x.algorithms()
	another := x.newClientKey(x.key.algorithm)
	keys := map[string]crypto.Signer{} // by type and curve
	probes := []probe{
		{"a proof by another key", all(x.with(good), x.proving(by(another))), invalidToken, hintOtherKey},
		{"a token of another key", x.with(x.token(BoundTo(another.Key))), invalidToken, hintOtherKey},
	}
	for _, name := range jws.Algorithms() {
		if jws.IsSymmetric(name) || name == x.key.algorithm {
			continue
		}
		kind := name
		if keyType(name) == "RSA" {
			kind = "RSA"
		}
		if keys[kind] == nil {
			keys[kind] = x.newClientKey(name).signer.key.(crypto.Signer)
		}
		key := x.clientKeyOf(name, keys[kind])
		p := probe{"a proof by " + name, all(x.with(x.token(BoundTo(key.Key))), x.proving(by(key))), invalidProof, "Setup.DPoP.Algorithms does not name it"}
		if slices.Contains(own, name) {
			p.want, p.hint = accepted, "Setup.DPoP.Algorithms names it, or its default does"
		}
		probes = append(probes, p)
	}
	return probes
}

// usedProofs has proofs that come again, RFC 9449 section 11.1. Each depends on the one before it,
// so it judges them itself.
func (x *exam) usedProofs() []probe {
	good := x.token()
	with := func(token string, options ...TokenOption) change {
		proof := ""
		x.prepare(func(r *http.Request) { proof = x.proof(r, token, options...) })
		return all(x.with(token), proofs(proof))
	}
	jti := rand.Text()
	once, wantAgain := with(good, Claim("jti", jti)), invalidProof
	if x.DPoP.AllowReplays {
		wantAgain = accepted
	}
	x.judge(probe{"a proof", once, accepted, ""})
	x.judge(probe{"the same proof again", once, wantAgain, hintReplay})
	x.judge(probe{"the same proof again, signed anew", with(good, Claim("jti", jti)), wantAgain, "ES256 has many signatures for one proof: remember its jti, and not its text"})

	another := x.newClientKey(x.key.algorithm)
	x.judge(probe{"a proof of another client with the same jti", with(x.token(BoundTo(another.Key)), by(another), Claim("jti", jti)), accepted, "remember the jti for each key: otherwise one client can use up those of another"})

	wrong := x.token(Claim("another", true))
	late := with(good)
	x.send(all(late, authorization("DPoP "+wrong))) // ath is another
	x.judge(probe{"a proof that was refused before", late, accepted, "use a proof up only when all else has passed: otherwise a proof that somebody has seen is used up by him"})

	x.atOnce(with(good))
	return nil
}

// atOnce sends one proof several times at once. One passes.
func (x *exam) atOnce(c change) {
	const times = 8
	responses := make([]*response, times)
	var ready, done sync.WaitGroup
	ready.Add(times)
	for i := range responses {
		r := x.prepare(c)
		done.Go(func() {
			ready.Done()
			ready.Wait()
			responses[i] = x.serve(r)
		})
	}
	done.Wait()
	name, passed := "the same proof, several times at once", 0
	var refused *response
	for _, w := range responses {
		if w.isOK() {
			passed++
		} else {
			refused = w
		}
	}
	switch {
	case passed == 0:
		x.add(faultRefuses, probe{name: name}, "none of %d passed: %d %.200q", times, responses[0].Code, responses[0].Body)
	case passed > 1 && !x.DPoP.AllowReplays:
		x.add(faultAccepts, probe{name: name}, "%d of %d passed, not 1; check and remember the jti in one step", passed, times)
	case refused != nil:
		x.examine(probe{name, nil, invalidProof, ""}, refused)
	}
}

// nonces is RFC 9449 sections 8 and 9.
func (x *exam) nonces() []probe {
	good := x.token()
	proof := func(value any) change { return all(x.with(good), x.proving(Claim("nonce", value))) }
	changed := "A" + x.nonce
	if x.nonce != "" {
		changed = changed[:len(x.nonce)] // each letter is now that before it
	}
	probes := []probe{
		{"a proof without a nonce", proof(nil), useNonce, hintNonce},
		{"a proof with an empty nonce", proof(""), useNonce, hintNonce},
		{"a proof with a nonce that was changed", proof(changed), useNonce, hintNonce},
		{"a proof with a nonce of another server", proof(x.foreignNonce()), useNonce, hintNonce},
		{"a proof whose nonce is a number", proof(1), invalidProof, hintNonce},
	}
	if !inBubble(x.tb) {
		return probes
	}
	for _, p := range probes {
		x.judge(p)
	}
	before := x.nonce
	// The tokens are made after that, because a Source may have thrown away the key of older ones.
	late := func() change { return all(x.with(x.token()), x.proving(Claim("nonce", before))) }
	if x.DPoP.MaxAge == 0 {
		time.Sleep(beyondMaxAge / 14)
		x.judge(probe{"a proof with a nonce of half a minute ago", late(), accepted, "the nonce of one answer must outlive the next: clients send several requests at once"})
	}
	time.Sleep(beyondMaxAge)
	return []probe{{"a proof with a nonce of seven minutes ago", late(), useNonce, "a nonce is good for some minutes at most"}}
}

// foreignNonce returns one in the form of package dpop.
func (x *exam) foreignNonce() string {
	secret := make([]byte, 32)
	rand.Read(secret)
	nonces, err := dpop.NewNonces(secret)
	if err != nil {
		x.tb.Fatalf("jwthttptest: %v", err)
	}
	v, err := dpop.New(dpop.Options{Origins: x.DPoP.Origins, Nonces: nonces, AllowReplays: true})
	if err != nil {
		x.tb.Fatalf("jwthttptest: %v", err)
	}
	w := httptest.NewRecorder()
	v.Answer(w.Header())
	return w.Header().Get("DPoP-Nonce")
}

// certificates is RFC 8705 section 3, for the certificate of Request.
func (x *exam) certificates() []probe {
	const own, hint = "x5t#S256", "compare the certificate's thumbprint with cnf (RFC 8705 section 3.1)"
	secret := make([]byte, 32)
	rand.Read(secret)
	other, right := digest(secret), digest(x.Certificate.Raw)
	bound := func(cnf members) change { return x.with(x.token(Claim("cnf", cnf))) }
	if x.scheme == schemeDPoP {
		jkt := x.key.Thumbprint()
		return []probe{
			{"a token of a key and a certificate", bound(members{"jkt": jkt, own: right}), accepted, ""},
			{"a token of a key and another certificate", bound(members{"jkt": jkt, own: other}), invalidToken, hintBothKeys},
			{"a token of a certificate and another key", bound(members{"jkt": other, own: right}), invalidToken, hintBothKeys},
			{"a token of a certificate alone", bound(members{own: right}), invalidToken, "a token under DPoP has cnf.jkt"},
			{"a token of a key and a certificate under Bearer", authorization("Bearer " + x.token(Claim("cnf", members{"jkt": jkt, own: right}))), invalidToken, hintDowngrade},
		}
	}
	wantUnbound := invalidToken
	if x.AllowUnbound {
		wantUnbound = accepted
	}
	return []probe{
		{"a token of the certificate", bound(members{own: right}), accepted, ""},
		{"a token of another certificate", bound(members{own: other}), invalidToken, hint},
		{"a token of the certificate and another key", bound(members{own: right, "jkt": other}), invalidToken, hintBothKeys},
		{"a token of no certificate", x.with(x.token(Claim("cnf", nil))), wantUnbound, hintUnbound},
		{"a cnf that is empty", bound(members{}), invalidToken, hintConfirm},
		{"a cnf that is null", x.with(x.token(Claim("cnf", json.RawMessage("null")))), invalidToken, hintConfirm},
		{"a cnf of x5t, which is SHA-1", bound(members{"x5t": other[:27]}), invalidToken, hintConfirm},
		{"a good token from another address, without TLS", all(x.with(x.token()), func(r *http.Request) {
			r.TLS, r.RemoteAddr = nil, "203.0.113.77:1234"
		}), invalidToken, "the certificate is that of the connection, or of a proxy's header from the proxy's address"},
	}
}
