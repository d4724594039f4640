package session

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/answer"
	"github.com/jwthttp/jwthttp/internal/detail"
	"github.com/jwthttp/jwthttp/internal/gate"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/upload"
)

const (
	maxBodyBytes = 4 << 10
	maxTypeBytes = 256 // of Content-Type
)

var (
	answerEnded = answer.New(http.StatusUnauthorized, "invalid_token", "", "The session has ended", true)
	answerTwo   = answer.New(http.StatusBadRequest, "invalid_request", "", "The request carries more than one refresh token, or a malformed one", true)
	answerDown  = answer.New(http.StatusServiceUnavailable, "temporarily_unavailable", "", "Sessions cannot be begun, refreshed or ended at the moment", false)
	answerForm  = answer.New(http.StatusBadRequest, "invalid_request", "", "The form is malformed, or has more than 4 KiB", true)
)

// Login begins a session for a browser, after a password or another proof was checked: it sets the
// access and the refresh cookie, and ends the session that the browser had. The caller writes the
// answer, such as a redirect. The session's About is the User-Agent.
//
// If Login returns an error, it has written the answer and set no cookie:
//   - 403 for a request of another site, unless it is a GET, as after a login at a provider: so
//     register a login form for POST alone
//   - 401 if the claims function returns [ErrEnded]
//   - 503 while the store, the claims function or the signer fails
//   - 500 for a subject or claims that cannot be those of a token
func (s *Sessions[C]) Login(w http.ResponseWriter, r *http.Request, subject string) error {
	if s.proofs != nil {
		s.writeError(w, r, s.misconfigured(r.Context(), errNoCookies))
		return errNoCookies
	}
	if err := s.checkBrowser(r); err != nil {
		s.writeError(w, r, err)
		return err
	}
	var old *refreshToken
	text, _ := syntax.FindCookie(r.Header["Cookie"], s.refreshName)
	if token, ok := parseRefreshToken(text); ok { // else a new one takes its place
		old = &token
	}
	tokens, err := s.begin(r.Context(), subject, r.UserAgent(), "", true, old)
	if err == nil {
		err = s.set(r.Context(), w, tokens)
	}
	if err == ErrEnded {
		answerEnded.Write(w, r, nil, answer.SeveralSchemes)
	} else if err != nil {
		s.writeError(w, r, err)
	}
	return err
}

var errNoCookies = fmt.Errorf("%w: session: the issuer's tokens are bound to a key by proofs, which a browser does not send with a cookie: have a script keep the tokens of StartBound, or give cookies an issuer without that Binding", jwthttp.ErrMisconfigured)

// A proof is that of a request for tokens. The zero proof is for sessions that are not bound.
type proof struct {
	jkt string       // the thumbprint of its key
	use func() error // nil after it was used
	c   *core
}

// proven returns the proof of a request, a zero one if sessions are not bound. The answer has what the
// Binding adds, such as a nonce for the next proof.
func (c *core) proven(w http.ResponseWriter, r *http.Request) (*proof, error) {
	if c.proofs == nil {
		return &proof{}, nil
	}
	c.proofs.Answer(w.Header())
	jkt, use, err := c.proofs.TokenRequest(r)
	return &proof{jkt, use, c}, err
}

// spend uses the proof up. It comes after the first record is found, for a refresh token that nobody
// else has: only its owner may fill the store of used proofs.
func (p *proof) spend(ctx context.Context) error {
	if p.use == nil {
		return nil
	}
	err := p.use()
	p.use = nil
	if errors.Is(err, jwthttp.ErrUnavailable) {
		return p.c.unavailable(ctx, "the store of used proofs", err)
	}
	return err
}

// checkBrowser returns why a request that may come with cookies is refused.
func (c *core) checkBrowser(r *http.Request) error {
	if err := c.checkHost(r); err != nil {
		return err
	}
	if gate.IsCrossOrigin(r, c.opts.TrustedOrigins) {
		return crossOrigin(r)
	}
	return nil
}

func crossOrigin(r *http.Request) error {
	return fmt.Errorf("%w: %s", jwthttp.ErrCrossOrigin, detail.CrossOrigin(r.Header["Origin"], r.Header["Sec-Fetch-Site"], r.Host))
}

// checkHost returns an error for a Host that AllowInsecureHTTP is not for, as the middleware does.
func (c *core) checkHost(r *http.Request) error {
	if _, err := c.refresh.Extractor().Extract(r); errors.Is(err, jwthttp.ErrUnavailable) {
		return c.unavailable(r.Context(), "the check of the Host", err)
	}
	return nil
}

// writeError is jwthttp.WriteError. Its 503 says what cannot be done: no access token was checked.
func (c *core) writeError(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, jwthttp.ErrUnavailable) {
		answerDown.Write(w, r, nil, answer.SeveralSchemes)
		return
	}
	switch {
	case errors.Is(err, jwthttp.ErrCrossOrigin):
		c.logRefusal(r, err.Error())
	case errors.Is(err, jwthttp.ErrInvalidProof) || errors.Is(err, jwthttp.ErrUseNonce):
		c.logRefusal(r, err.Error())
		c.proofs.WriteTokenError(w, r, err)
		return
	}
	jwthttp.WriteError(w, r, err)
}

// refuse answers, and logs at Debug what the client does not learn.
func (c *core) refuse(w http.ResponseWriter, r *http.Request, a *answer.Answer, why string) {
	c.logRefusal(r, why)
	a.Write(w, r, nil, answer.SeveralSchemes)
}

func (c *core) logRefusal(r *http.Request, why string) {
	c.logWhy(r.Context(), why)
}

// logWhy logs a refusal. A record that was found is named.
func (c *core) logWhy(ctx context.Context, why string, found ...*Record) {
	attrs := []slog.Attr{slog.String("err", why)}
	for _, r := range found {
		attrs = append(attrs, slog.String("sid", r.ID), slog.String("subject", logtext.Cut(r.Subject)))
	}
	cmp.Or(c.opts.Logger, slog.Default()).LogAttrs(ctx, slog.LevelDebug, "session: a request was refused", attrs...)
}

// bears reports whether a request has an access token in its Authorization header. HTTP Basic, which a
// browser sends beside the cookies, is none.
func bears(r *http.Request) bool {
	scheme := syntax.KnownScheme(r.Header.Get("Authorization"))
	return scheme == "Bearer" || scheme == "DPoP"
}

// refuseAccess is the ErrorHandler of the middleware.
func (c *core) refuseAccess(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, jwthttp.ErrInvalidToken) && !bears(r) {
		c.access.Clear(w)
	}
	if text, _ := c.toRefresh(r); text != "" && errors.Is(err, jwthttp.ErrNoToken) && detail.RefusedBefore(r.Context()) == "" {
		c.logRefusal(r, "there is a refresh cookie and no access cookie: put Sessions.Handler outside of the middleware, or have the page send a POST to Refresh")
	}
	jwthttp.WriteError(w, r, err)
}

// Refresh answers a POST with a refresh token. A browser's is in its cookie, and gets new cookies and
// a 204. An app's is in a form (RFC 6749 section 6), and gets the JSON of section 5.1; an
// Authorization header and the query of the URL are not read. It needs no middleware, and with DPoP it
// must not be inside one: its proof has no token.
//
//	mux.HandleFunc("POST /refresh", sessions.Refresh)
//
// These are a 400: a body of another kind, such as JSON, where no cookie came; a form that is malformed
// or has more than 4 KiB; and more than one refresh token, which clears the cookies.
//
// For a session that has ended a browser gets 401, and its cookies are cleared. An app gets 400
// invalid_grant. Without a good proof, a session of StartBound gets 400 invalid_dpop_proof or
// use_dpop_nonce. While the store, the claims function or the signer fails, both get 503, keep what
// they have, and may try again.
func (s *Sessions[C]) Refresh(w http.ResponseWriter, r *http.Request) {
	text, isApp, ok := s.presented(w, r, false)
	if !ok {
		return
	}
	p, ok := s.provenApp(w, r, isApp)
	if !ok {
		return
	}
	tokens, err := s.renew(r.Context(), text, p, !isApp)
	if err == nil && !isApp {
		err = s.set(r.Context(), w, tokens)
	}
	switch {
	case err == nil && isApp:
		writeJSON(w, http.StatusOK, tokens)
	case err == nil:
		w.WriteHeader(http.StatusNoContent)
	case err == ErrEnded && isApp:
		writeJSON(w, http.StatusBadRequest, oauthError("invalid_grant", "the session has ended"))
	case err == ErrEnded:
		s.clear(w)
		answerEnded.Write(w, r, nil, answer.SeveralSchemes)
	default:
		s.writeError(w, r, err)
	}
}

// Logout answers a POST that ends a session. It takes the refresh token as Refresh does, also one
// that has a successor, and needs no access token. An app's form may have it as refresh_token or as
// token, RFC 7009 section 2.1. A browser's cookies are cleared. It gets a 303 to "/" if a form of a
// page has sent the request, else a 204. An app gets a 200. A session that had ended before gets the
// same answer.
//
// While the store or the denylist fails, the answer is 503, the cookies stay, and the user is still
// logged in.
func (s *Sessions[C]) Logout(w http.ResponseWriter, r *http.Request) {
	text, isApp, ok := s.presented(w, r, true)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), endTimeout) // a client that leaves does not undo its logout
	defer cancel()
	p, ok := s.provenApp(w, r.WithContext(ctx), isApp)
	if !ok {
		return
	}
	if token, ok := parseRefreshToken(text); ok {
		if err := s.end(r.Context(), token.key(p.jkt), p); err != ErrEnded {
			s.writeError(w, r, err)
			return
		}
	} else if text != "" {
		s.logNothing(r.Context())
	}
	w.Header().Set("Cache-Control", "no-store")
	if isApp {
		w.WriteHeader(http.StatusOK) // RFC 7009 section 2.2
		return
	}
	s.clear(w)
	if isPage(r) {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// isPage reports whether the answer is for a page of a browser, and not for a script or an app.
func isPage(r *http.Request) bool {
	return r.Header.Get("Sec-Fetch-Mode") == "navigate" || strings.Contains(r.Header.Get("Accept"), "text/html")
}

// revoked returns the values of token in a form, RFC 7009 section 2.1. They are left out where a page or
// a script may have its own field of this name: if none is a refresh token, and the request is theirs.
func (c *core) revoked(r *http.Request, hasCookie bool) []string {
	values := r.PostForm["token"]
	isRefreshToken := func(text string) bool { _, ok := parseRefreshToken(text); return ok }
	if slices.ContainsFunc(values, isRefreshToken) || !hasCookie && r.PostForm["refresh_token"] == nil && !isPage(r) && !syntax.HasCookie(r.Header["Cookie"], c.accessName) {
		return values
	}
	return nil
}

// provenApp returns the proof of an app, a zero one for a browser. If ok is false, the answer was written.
func (c *core) provenApp(w http.ResponseWriter, r *http.Request, isApp bool) (p *proof, ok bool) {
	if !isApp {
		return &proof{}, true
	}
	p, err := c.proven(w, r)
	if err != nil {
		c.writeError(w, r, err)
	}
	return p, err == nil
}

// presented returns the one refresh token of a request. If ok is false, the answer was written. The text
// may be anything, such as "" where a browser has no cookie.
func (s *Sessions[C]) presented(w http.ResponseWriter, r *http.Request, isLogout bool) (text string, isApp, ok bool) {
	if r.Method != http.MethodPost {
		s.logRefusal(r, "Refresh and Logout answer a POST, and this is "+logtext.Short(r.Method)+": in a handler of another method, end a session with End or EndOthers")
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return "", false, false
	}
	text, errCookie := syntax.FindCookie(r.Header["Cookie"], s.refreshName)
	hasCookie := text != "" || errCookie != nil
	fault := readForm(w, r, hasCookie)
	tokens, grants := r.PostForm["refresh_token"], r.PostForm["grant_type"]
	if isLogout {
		tokens = append(slices.Clip(tokens), s.revoked(r, hasCookie)...)
	}
	isApp = fault != "" || tokens != nil || grants != nil || s.proofs != nil && !hasCookie // else it is the form of a page, or none
	// A form of another site comes without the cookies. Clearing them would log the user out.
	if hasCookie || !isApp {
		if err := s.checkBrowser(r); err != nil {
			s.writeError(w, r, err)
			return "", isApp, false
		}
	}
	switch {
	case errCookie != nil || hasCookie && isApp && fault == "":
		s.clear(w) // or the browser would send them for ever
		s.refuse(w, r, answerTwo, "there are two refresh cookies, or one that is malformed, or a cookie and a form with a token: send one")
	case !isApp:
		return text, false, true
	case hasCookie: // which may be good, so it stays
		s.refuse(w, r, answerForm, fault)
	case fault != "":
		s.writeOAuthError(w, r, "invalid_request", fault)
	case len(tokens) != 1 || len(grants) > 1:
		s.writeOAuthError(w, r, "invalid_request", "send one refresh_token, and at most one grant_type")
	case len(grants) == 1 && grants[0] != "refresh_token":
		s.writeOAuthError(w, r, "unsupported_grant_type", "grant_type is refresh_token here")
	default:
		return tokens[0], true, true
	}
	return "", isApp, false
}

// readForm reads the form of a body into r.PostForm. Unlike ParseForm, it does not look at the query of
// the URL. It returns what is wrong with the body, or "". Beside a cookie, a body of another kind is not
// wrong.
func readForm(w http.ResponseWriter, r *http.Request, hasCookie bool) (fault string) {
	kind := r.Header.Get("Content-Type")
	if len(kind) <= maxTypeBytes { // a longer one is of another kind: it would take memory
		kind, _, _ = mime.ParseMediaType(kind)
	}
	switch {
	case r.Body == nil:
	case kind == "application/x-www-form-urlencoded" && r.PostForm == nil: // else a handler outside has read it
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
		if err == nil {
			r.PostForm, err = url.ParseQuery(string(body))
		}
		if err != nil {
			return "the form is malformed, or has more than 4 KiB"
		}
	case !hasCookie:
		if n, _ := io.ReadFull(r.Body, make([]byte, 1)); n > 0 {
			return "the body is not a form: send it as application/x-www-form-urlencoded"
		}
	}
	return ""
}

// writeOAuthError answers with an error that says all that there is to say, and logs that.
func (c *core) writeOAuthError(w http.ResponseWriter, r *http.Request, code, description string) {
	c.logRefusal(r, description)
	writeJSON(w, http.StatusBadRequest, oauthError(code, description))
}

// oauthError is the JSON of an error, RFC 6749 section 5.2.
func oauthError(code, description string) map[string]string {
	return map[string]string{"error": code, "error_description": description}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// set sets both cookies. An error is one of the refresh cookie: sign has seen to the other.
func (c *core) set(ctx context.Context, w http.ResponseWriter, t *Tokens) error {
	if !time.Now().Before(t.refreshExpires) {
		c.logWhy(ctx, "the session was over before its claims were there: have the user log in again")
		return ErrEnded
	}
	if err := c.refresh.Set(w, t.Refresh, t.refreshExpires); err != nil {
		return err
	}
	// The access cookie ends before its token, so that its absence says when to refresh.
	lifetime := time.Until(t.accessExpires)
	if lifetime <= early(lifetime) { // it would be refreshed at once
		c.access.Clear(w)
		return nil
	}
	return c.access.Set(w, t.Access, t.accessExpires.Add(-early(lifetime)))
}

// early returns how long before its token an access cookie ends.
func early(lifetime time.Duration) time.Duration {
	return min(max(lifetime/10, time.Second), 30*time.Second)
}

func (c *core) clear(w http.ResponseWriter) {
	c.access.Clear(w)
	c.refresh.Clear(w)
}

// Handler refreshes silently: a request without access token gets one if it has a refresh cookie. It
// is outside of the middleware:
//
//	sessions.Handler(auth.Handler(app))
//
// These requests pass unchanged:
//   - those with an Authorization header or an access cookie
//   - upgrades and prefetches
//   - those of another site, unless they are GET, HEAD or OPTIONS
//   - those with so many cookies that one more is not accepted
//
// An answer with new cookies gets these and "Cache-Control: no-store", whatever next sets. For that, next
// writes to the ResponseWriter that it gets. A cookie that next sets under the same name, as a logout
// does, counts in place of the new one. An answer that takes more than a second does without new cookies
// that were replaced meanwhile, or whose session has ended. One that takes minutes does without the
// access cookie, so that the next request refreshes again.
//
// If the session has ended, the cookies are cleared and next gets the request without a token. While the
// store, the claims function or the signer fails, the answer is 503.
func (s *Sessions[C]) Handler(next http.Handler) http.Handler {
	if next == nil {
		next = http.DefaultServeMux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := s.toRefresh(r)
		if err != nil {
			s.logRefusal(r, "it is not refreshed: "+err.Error())
		}
		if text == "" {
			next.ServeHTTP(w, r)
			return
		}
		var tokens *Tokens
		if err = s.checkHost(r); err == nil {
			tokens, err = s.renew(r.Context(), text, &proof{}, true)
		}
		if err == nil {
			err = s.set(r.Context(), w, tokens)
		}
		var renewed *http.Request
		late := func() []string { return nil }
		switch {
		case err == nil:
			renewed = r.Clone(r.Context())
			renewed.Trailer = r.Trailer // net/http fills it at the end of the body
			made := time.Now()
			late = func() []string { return s.late(r.Context(), tokens, made) }
			renewed.Header["Cookie"] = replaced(r.Header["Cookie"], s.accessName, s.accessName+"="+tokens.Access)
		case err == ErrEnded:
			s.clear(w)
			renewed = r.WithContext(detail.Refused(r.Context(), "have the user log in again: its refresh token was refused, and a record of package session says why, at Debug"))
		default:
			s.writeError(w, r, err)
			return
		}
		defer upload.Return(r, renewed)
		isOurs := func(line string) bool { return s.accessName == nameOf(line) || s.refreshName == nameOf(line) }
		u := &uncached{w, slices.DeleteFunc(slices.Clone(w.Header()["Set-Cookie"]), func(line string) bool { return !isOurs(line) }), late, false}
		defer u.complete(true)              // for a next that writes nothing, or for a handler outside that writes the header later
		if _, ok := w.(http.Hijacker); ok { // that of HTTP/2 is none
			next.ServeHTTP(hijackable{u}, renewed)
			return
		}
		next.ServeHTTP(u, renewed)
	})
}

// late returns the names of the cookies of an answer that are of no use by now:
//
//   - both, if the refresh token was used or replaced, or the session has ended. The browser keeps what
//     it has: the cookies of later answers, or none after a logout.
//   - the access cookie, if it would outlive its token. Its life begins when it comes.
//
// What was made within a second is not late, and the store is not asked. If the store fails, the refresh
// token may be good.
func (c *core) late(ctx context.Context, t *Tokens, made time.Time) []string {
	since := time.Since(made)
	if since <= shortTimeout {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shortTimeout) // next may answer after its time
	defer cancel()
	token, _ := parseRefreshToken(t.Refresh)
	if r, now, err := c.store.Load(ctx, token.key("")); err == nil {
		if does := r.decide(&token.current, now, c.opts.Grace); does != same && does != rotate {
			return []string{c.accessName, c.refreshName}
		}
	}
	if since > early(t.accessExpires.Sub(made)) {
		return []string{c.accessName}
	}
	return nil
}

// toRefresh returns the refresh token of a request that is to be refreshed silently, else "". An error
// says why one is not that its sender may expect to be.
func (c *core) toRefresh(r *http.Request) (string, error) {
	if syntax.HasCookie(r.Header["Cookie"], c.accessName) { // as most requests have, so they are not looked at further
		return "", nil
	}
	if bears(r) || r.Method == http.MethodConnect || syntax.HasField(r.Header, "Upgrade") ||
		slices.ContainsFunc(r.Header["Sec-Purpose"], func(v string) bool { return syntax.CountFold(v, "prefetch") > 0 }) {
		return "", nil
	}
	text, _ := syntax.FindCookie(r.Header["Cookie"], c.refreshName)
	if text == "" {
		return "", nil
	}
	if len(r.Header["Authorization"]) > 0 {
		return "", errOtherScheme
	}
	if gate.IsCrossOrigin(r, c.opts.TrustedOrigins) {
		return "", crossOrigin(r)
	}
	// next gets a line more, and might then refuse the request.
	if _, err := syntax.FindCookie(append(slices.Clip(r.Header["Cookie"]), ""), c.accessName); err != nil {
		return "", nil
	}
	return text, nil
}

var errOtherScheme = errors.New("it has an Authorization header without an access token, as that of HTTP Basic: remove it outside of Handler, or have the page send a POST to Refresh")

// replaced returns a Cookie header with a pair in place of the cookies of a name. It is one line, RFC
// 6265 section 5.4: some servers behind a proxy take two for one cookie with a comma.
func replaced(lines []string, name, pair string) []string {
	var kept []string
	for _, old := range strings.Split(strings.Join(lines, ";"), ";") {
		old = syntax.Trim(old) // white space of Unicode stays: a name that begins with it is another one
		if key, _, _ := strings.Cut(old, "="); old != "" && syntax.Trim(key) != name {
			kept = append(kept, old)
		}
	}
	return []string{strings.Join(append(kept, pair), "; ")}
}

// An uncached is the ResponseWriter of an answer with new cookies, which no cache may give to another
// client. It puts right what next has set at each call that may write the header: the answer to early
// hints comes after them. While next goes on to write, it may set trailers on another goroutine.
type uncached struct {
	http.ResponseWriter
	cookies   []string        // the lines of Set-Cookie that the answer must have
	late      func() []string // the names of those that it must not have any more
	isWritten bool            // the header is
}

// Unwrap is for [http.ResponseController].
func (w *uncached) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// complete forbids caching, and adds the cookies that next has not set itself and that are gone:
// http.TimeoutHandler replaces all lines of Set-Cookie, and httputil.ReverseProxy clears the header
// after early hints. Cookies that are late are taken out of a final header.
func (w *uncached) complete(isFinal bool) {
	h := w.Header()
	answer.ForbidCaching(h)
	if isFinal && len(w.cookies) > 0 && !w.isWritten {
		late := w.late()
		isLate := func(line string) bool { return slices.Contains(late, nameOf(line)) }
		h["Set-Cookie"] = slices.DeleteFunc(h["Set-Cookie"], func(line string) bool { return isLate(line) && slices.Contains(w.cookies, line) })
		w.cookies = slices.DeleteFunc(w.cookies, isLate)
	}
	for _, line := range slices.Backward(w.cookies) { // the last one of a name counts
		isIts := func(other string) bool { return nameOf(other) == nameOf(line) }
		if !slices.ContainsFunc(h["Set-Cookie"], isIts) {
			h.Add("Set-Cookie", line)
		}
	}
}

// nameOf returns the name of the cookie in a line of Set-Cookie.
func nameOf(line string) string {
	name, _, _ := strings.Cut(line, "=")
	return name
}

// begin completes a header that is not written yet.
func (w *uncached) begin(isFinal bool) {
	if !w.isWritten {
		w.complete(isFinal)
	}
}

func (w *uncached) WriteHeader(status int) {
	isFinal := status >= 200 || status == http.StatusSwitchingProtocols
	w.begin(isFinal)
	w.ResponseWriter.WriteHeader(status)
	w.isWritten = w.isWritten || isFinal
}

func (w *uncached) Write(b []byte) (int, error) {
	w.begin(true)
	w.isWritten = true
	return w.ResponseWriter.Write(b)
}

// FlushError is for [http.ResponseController].
func (w *uncached) FlushError() error {
	w.begin(true)
	err := http.NewResponseController(w.ResponseWriter).Flush()
	w.isWritten = w.isWritten || !errors.Is(err, http.ErrNotSupported)
	return err
}

// The methods below are for handlers that ask for an interface which the writers of net/http have, such
// as an [http.Flusher].

func (w *uncached) Flush() { w.FlushError() }

func (w *uncached) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// ReadFrom writes by Write: a read of nothing, or one that sets header fields, has written no header.
func (w *uncached) ReadFrom(from io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{w}, from)
}

// CloseNotify is for gin, whose Stream needs it. A nil channel never receives.
func (w *uncached) CloseNotify() <-chan bool {
	if inner, ok := w.ResponseWriter.(interface{ CloseNotify() <-chan bool }); ok {
		return inner.CloseNotify()
	}
	return nil
}

// A hijackable is an uncached around an [http.Hijacker].
type hijackable struct{ *uncached }

func (w hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.ResponseWriter.(http.Hijacker).Hijack()
}
