package explain

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

const (
	maxMends     = 24 // of one token, so that every loop ends
	remoteWait   = 10 * time.Second
	maxTokenSize = 64 << 10 // the largest that Options.MaxTokenBytes allows
)

// The words of Finding.Reason that jwthttp.Result does not have.
const (
	reasonConfiguration = "configuration" // New refuses the keys or the options
	reasonNoKey         = "no_key"        // no key was given
	reasonCanceled      = "canceled"      // the context was done first
)

// An explainer explains one token. Its stages follow the order in which the middleware looks
// at a token. A stage asks the middleware, notes a finding, mends the fault in a copy, and
// asks again.
type explainer struct {
	ctx   context.Context
	setup Setup
	now   time.Time

	opts      jwthttp.Options // those of setup, mended so that later faults show
	throwAway []byte          // a secret: its signatures are the shortest, so copies do not grow

	sent      string // the value of Authorization
	token     token  // without what was pasted around it
	headerAs  object // the header, mended
	payloadAs object // the payload, mended
	isMended  bool   // headerAs is not the header that was sent
	formFault bool   // no middleware takes the token's form
	sigFault  bool   // the third segment cannot be a signature, and that is reported

	first    string // the middleware's own reason; "" if it was not asked, or accepts the token
	asked    bool   // the middleware of setup was asked
	good     bool   // the signature has verified
	findings []Finding
	reached  string // the last step that was decided on
}

// Explain runs a token through the middleware that setup describes, and finds every reason for
// a refusal at once. token is what a person pasted. The first finding has the middleware's own
// reason. The other ones are found with mended copies, which are signed with a throw-away key.
// Explain uses the network only if the setup is remote, and waits for it at most 10 seconds.
// If ctx is done, Explain returns what it has found so far. The verdict is Good only if the
// middleware itself accepts the token.
func Explain(ctx context.Context, token string, setup Setup) Report {
	e := &explainer{
		ctx: ctx, setup: setup, now: time.Now(), opts: setup.Options,
		throwAway: make([]byte, sha256.Size), findings: slices.Clone(setup.faults),
	}
	rand.Read(e.throwAway) // it never fails
	e.explain(token)
	return e.report()
}

// explain goes through the stages, as far as the token can be read.
func (e *explainer) explain(pasted string) {
	raw, authorization := unwrap(pasted)
	e.sent = authorization
	keysWork := e.askFirst()
	if e.isAccepted() {
		e.token = parseToken(raw)
		e.good, e.reached = true, stepTimes
		e.noteGoodKey()
		return
	}
	if e.readForm(raw) && e.readHeader() {
		e.checkSignature(keysWork)
		e.checkClaims()
	}
	if e.ctx.Err() != nil {
		e.add(Finding{Reason: reasonCanceled, Wanted: "more time", Came: "the end of the time allowed", Mend: "explain was stopped before it was through, so there may be more reasons: try again"})
	}
	if e.setup.Source == nil && (e.reached != "" || e.first == "" && len(e.findings) == 0) {
		e.add(Finding{Reason: reasonNoKey, Wanted: "a key", Came: "no key", Mend: "the signature was not checked, because no key was given: pass -secret-env, -secret-file, -key, -jwks or -discover"})
	}
	if e.first != "" && len(e.setup.faults) == 0 && (len(e.findings) == 0 || e.findings[0].Reason != e.first) {
		// What the middleware itself says comes first, even where explain has no reason for it.
		e.findings = slices.Insert(e.findings, 0, Finding{Reason: e.first, Mend: "the middleware refuses the token for this reason, and explain does not know more: see the middleware's log"})
	}
}

// isAccepted reports whether the middleware of setup accepts the token as it was sent.
func (e *explainer) isAccepted() bool { return e.asked && e.first == "" }

// attempts yields until a token was mended often enough, or the context is done.
func (e *explainer) attempts(yield func() bool) {
	for i := 0; i < maxMends && e.ctx.Err() == nil && yield(); i++ {
	}
}

// noteGoodKey adds to a finding about the configuration that its key is the right one.
func (e *explainer) noteGoodKey() {
	if len(e.findings) > 0 && e.findings[0].Reason == reasonConfiguration {
		e.findings[0].Mend += "; apart from that, the key verifies this token"
	}
}

// askFirst asks the middleware about the token as it was sent. It reports whether New accepts
// the configuration.
func (e *explainer) askFirst() bool {
	source := e.setup.Source
	if source == nil {
		source = e.anyKey()
	}
	if _, err := e.ask(source, e.opts, ""); err != nil {
		if len(e.findings) == 0 { // else a finding about the key says it better
			e.add(Finding{Reason: reasonConfiguration, Wanted: "a configuration that New accepts", Mend: "New refuses this configuration: " + clip(err.Error())})
		}
		e.mendOptions()
		return false
	}
	if e.setup.Remote != nil && !e.waitForKeys() {
		return false
	}
	reason, err := e.ask(source, e.opts, e.sent)
	if e.setup.Source == nil {
		// What is wrong before a key is looked for is wrong under every key.
		if err == nil && isBeforeKey(reason) {
			e.first = reason
		}
		return false
	}
	e.asked, e.first = err == nil, reason
	return e.asked
}

// mendOptions resets options until New accepts them.
func (e *explainer) mendOptions() {
	for _, reset := range []func(){
		func() {}, // the keys may be all that is wrong
		func() { e.opts.Leeway, e.opts.MaxAge = 0, 0 },
		func() { e.opts.MaxTokenBytes = 0 },
		func() { e.opts.AllowAnyAudience = false },
		func() { e.opts.Type, e.opts.Types = "", nil },
		func() { e.opts.Issuer = "" },
		func() { e.opts.Audience, e.opts.AllowAnyAudience = nil, true },
	} {
		reset()
		if _, err := e.ask(e.anyKey(), e.opts, ""); err == nil {
			return
		}
	}
}

// ask returns the reason of a middleware for refusing a request, "" if it accepts it. The error
// is that of New, and has the reason "configuration".
func (e *explainer) ask(keys jwthttp.KeySource, opts jwthttp.Options, authorization string) (reason string, err error) {
	var result jwthttp.Result
	opts.OnResult = func(_ *http.Request, res jwthttp.Result) { result = res }
	opts.Logger = slog.New(slog.DiscardHandler) // the report says it
	opts.ErrorHandler = func(http.ResponseWriter, *http.Request, error) {}
	auth, err := jwthttp.New[jwt.MapClaims](keys, opts)
	if err != nil {
		return reasonConfiguration, err
	}
	r, err := http.NewRequestWithContext(e.ctx, http.MethodGet, "/", nil)
	if err != nil {
		return reasonConfiguration, err
	}
	r.Header["Authorization"] = []string{authorization}
	auth.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(noAnswer{}, r)
	return result.Reason, nil
}

// askCopy asks a middleware with the throw-away key about the mended copy.
func (e *explainer) askCopy() string {
	header := e.headerAs.clone()
	header.set("alg", "HS256")
	input := encode(header.json()) + "." + encode(e.payloadAs.json())
	mac := hmac.New(sha256.New, e.throwAway)
	mac.Write([]byte(input))
	reason, _ := e.ask(e.anyKey(), e.opts, "Bearer "+input+"."+encode(mac.Sum(nil)))
	return reason
}

// anyKey returns the throw-away key.
func (e *explainer) anyKey() jwthttp.KeySource { return jwthttp.HS256(e.throwAway) }

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// noAnswer is a ResponseWriter for an answer that nobody reads.
type noAnswer struct{}

func (noAnswer) Header() http.Header         { return http.Header{} }
func (noAnswer) Write(b []byte) (int, error) { return len(b), nil }
func (noAnswer) WriteHeader(int)             {}

// add notes a finding.
func (e *explainer) add(f Finding) {
	step := stepOf[f.Reason]
	isOfToken := slices.Index(steps, step) > slices.Index(steps, stepForm) && step != stepKey
	f.Unverified = (isOfToken && !e.good) || f.Reason == "unknown_key"
	e.findings = append(e.findings, f)
}
