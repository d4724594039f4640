package denylist

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/keyhook"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/validate"
)

const (
	logoutType = "logout+jwt"

	// logoutEvent is in the claim events of every logout token, section 2.4.
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

	// logoutWindow is how far this clock may be from the iat of a logout token. Section 4
	// recommends that such a token lives for two minutes.
	logoutWindow = 2 * time.Minute

	maxLogoutBytes = 16 << 10 // of the body; a token has at most 8 KiB
	maxTypeBytes   = 256      // of Content-Type
)

// BackChannelOptions are those of [BackChannel].
type BackChannelOptions struct {
	// AllowUntypedLogout also accepts a logout token with the typ JWT or without typ, since
	// section 2.4 only recommends logout+jwt. Lost: only its claims tell a logout token from an
	// ID token. An untyped logout token is also a good access token at an API that has the client id
	// as an audience: give that API another audience, or set [jwthttp.Options].Type.
	AllowUntypedLogout bool
}

// BackChannel returns a handler for the back-channel logout URI of a client (OpenID Connect
// Back-Channel Logout 1.0). The provider calls it when a user logs out there, and list then refuses
// the user's tokens. It needs no middleware, and reads no cookie.
//
//	logout, err := denylist.BackChannel(keys, "my-client", revoked)
//	mux.Handle("/backchannel-logout", logout)
//
// keys are those of the provider. They must be for tokens with the audience clientID: a source of
// package jwks has AllowAnyAudience, and the middleware of the API has its own Audience. They must
// know their issuer, or iss would not be validated:
//
//   - A source of package jwks, its Tenants and a [jwthttp.Issuers] know it.
//   - A [jwthttp.Key] and each key of a [jwthttp.KeySet] get it by [jwthttp.Key.WithIssuer].
//   - [jwthttp.FromKeyfunc] makes a source that does not know it. Put the source into an Issuers.
//   - A [jwthttp.KeyFunc], or a source of your own, must return keys that are bound by WithIssuer.
//     BackChannel cannot know whether it does.
//
// The logout token says what ends:
//
//   - With a sid, whether or not with a sub, the tokens with this sid. The provider must put sid
//     into its access tokens too, or the logout reaches none of them. If it does not do so, register
//     the client without backchannel_logout_session_required, so that the logout token has a sub
//     alone. A sid that is empty or not a string is refused, also beside a sub.
//   - With a sub alone, the tokens of this subject that were issued at the logout token's iat or
//     before. A token of a later login is good.
//
// Both count for the logout token's iss. A logout token must have:
//
//   - the typ logout+jwt
//   - iss, jti, exp and clientID in its aud. Other audiences beside clientID are accepted.
//   - an iat that is at most 2 minutes away from this clock, so that it cannot be used later
//   - events with the member of back-channel logout, which is an object
//   - no nonce
//
// exp has 2 minutes of leeway. The answers are:
//
//   - 200 once list has the revocation. The same logout token gets a 200 again, and changes
//     nothing.
//   - 400 for a bad logout token, or a request that is not a form with exactly one logout_token.
//   - 405 for a method other than POST.
//   - 503 while the store or the keys are out of reach, so that a provider can try again.
//
// An answer is not cached. The logger of list gets why a logout was refused, at Warn once a minute
// at most. At Debug it gets the others, and each logout that succeeded. It does not get that a client
// left before the keys answered. Nil keys, a key that is not bound to an issuer, an empty clientID, a
// nil list and more than one opts are errors.
func BackChannel(keys jwthttp.KeySource, clientID string, list *List, opts ...BackChannelOptions) (http.Handler, error) {
	var errs []error
	if len(opts) > 1 {
		errs = append(errs, fmt.Errorf("denylist: BackChannel was given %d options: pass one, or none for the strictest", len(opts)))
	}
	var o BackChannelOptions
	if len(opts) > 0 {
		o = opts[0]
	}
	if clientID == "" {
		errs = append(errs, errors.New("denylist: the client id is empty: pass the one that the provider registered, which is the aud of its logout tokens"))
	}
	if !list.isMade() {
		errs = append(errs, errors.New("denylist: the list is nil: make it with NewMemory, goredis.NewDenylist, Denylist of package sqlstore, or New"))
	}
	if keyhook.HasFreeKey(keys) {
		errs = append(errs, errors.New("denylist: BackChannel: a key is not bound to an issuer, and would accept a logout token with any iss: bind it by its method WithIssuer, or pass an Issuers"))
	}
	rules := jwthttp.Options{
		Audience: []string{clientID}, Leeway: logoutWindow,
		Types: []string{logoutType, "JWT", ""}, // check may refuse the last two, and says how to mend that
		// The middleware for the access tokens may have it, and their sub must be the same.
		AllowNumericSubject: true,
		RememberSignatures:  -1, // a logout token comes once
	}
	if clientID == "" {
		rules.Audience = nil // is an error already
	}
	auth, err := jwthttp.New(keys, rules, o.check)
	errs = append(errs, validate.Prefixed("denylist: BackChannel: ", err))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return &backChannel{auth: auth, list: list}, nil
}

// logoutClaims are those that jwthttp.Token has no method for.
type logoutClaims struct {
	SessionID json.RawMessage            `json:"sid"` // the token has it too, and takes a number for none
	Events    map[string]json.RawMessage `json:"events"`
	Nonce     json.RawMessage            `json:"nonce"`
}

// check has the rules of section 2.6 that a middleware does not have.
func (o BackChannelOptions) check(_ context.Context, t *jwthttp.Token[logoutClaims]) error {
	c, event := t.Registered(), t.Claims.Events[logoutEvent]
	switch {
	case !o.AllowUntypedLogout && !syntax.EqualFold(syntax.BareType(t.Header.Type), logoutType):
		return errors.New("denylist: its typ is not logout+jwt: have the provider set it, or set AllowUntypedLogout")
	case c.Issuer == "" || c.ID == "" || c.IssuedAt == nil:
		return errors.New("denylist: iss, jti or iat is missing: have the provider set them")
	case time.Since(c.IssuedAt.Time).Abs() > logoutWindow:
		return fmt.Errorf("denylist: iat is more than %v away from this clock: set the clocks right, or have the provider make a new token for each call", logoutWindow)
	case c.Subject == "" && t.SessionID() == "":
		return errors.New("denylist: it has neither sub nor sid: have the provider set one of them")
	case t.Claims.SessionID != nil && t.SessionID() == "": // else one session would be all of the user's
		return errors.New("denylist: its sid is not a string, or is empty: have the provider name a session in it, or leave it out to end all of the user's")
	case len(event) == 0 || event[0] != '{':
		return fmt.Errorf("denylist: events has no object %q: it is another token than a logout token", logoutEvent)
	case t.Claims.Nonce != nil:
		return errors.New("denylist: it has a nonce: it is another token than a logout token")
	}
	return nil
}

// A backChannel is the handler of BackChannel.
type backChannel struct {
	auth *jwthttp.Middleware[logoutClaims]
	list *List

	refused, failed logtext.Limit
}

// ServeHTTP answers as section 2.8 says. There a logout that failed is a 400 too. With a 503 the
// provider, or who reads its log, knows that the token was not at fault.
func (b *backChannel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost {
		h.Set("Allow", http.MethodPost)
		writeLogoutError(w, http.StatusMethodNotAllowed, "invalid_request", "use POST")
		return
	}
	raw, err := logoutToken(w, r)
	if err != nil {
		b.log(r.Context(), err)
		writeLogoutError(w, http.StatusBadRequest, "invalid_request", "send one logout_token, in a form of at most 16 KiB")
		return
	}
	switch err := b.logout(r.Context(), raw); {
	case err == nil:
		w.WriteHeader(http.StatusOK)
	case errors.Is(err, jwthttp.ErrUnavailable):
		h.Set("Retry-After", "5")
		writeLogoutError(w, http.StatusServiceUnavailable, "temporarily_unavailable", "the logout failed for the moment")
	default:
		writeLogoutError(w, http.StatusBadRequest, "invalid_request", "the logout token was refused")
	}
}

// logoutToken returns the only logout_token of a form, section 2.5. Its other values do not count, and
// neither does the query.
func logoutToken(w http.ResponseWriter, r *http.Request) (string, error) {
	if n := len(r.Header.Get("Content-Type")); n > maxTypeBytes { // ParseForm would take memory for it
		return "", fmt.Errorf("denylist: the Content-Type has %d bytes: have the provider send application/x-www-form-urlencoded", n)
	}
	if r.Body != nil {
		r.Body = http.MaxBytesReader(w, r.Body, maxLogoutBytes)
	}
	form := *r
	form.URL = nil // ParseForm would read the query too, and fail for one that is no form
	if err := form.ParseForm(); err != nil {
		return "", fmt.Errorf("denylist: the form cannot be read: %w", err)
	}
	tokens := form.PostForm["logout_token"]
	if len(tokens) != 1 {
		return "", fmt.Errorf("denylist: the form has %d values of logout_token: have the provider send one, as application/x-www-form-urlencoded", len(tokens))
	}
	return tokens[0], nil
}

// logout revokes what a logout token names. The same token again revokes the same, so nobody needs
// to know whether it was seen before.
func (b *backChannel) logout(ctx context.Context, raw string) error {
	t, err := b.auth.Verify(ctx, raw)
	if err != nil {
		b.log(ctx, err)
		return err
	}
	c, sid, ends := t.Registered(), t.SessionID(), "the session of sid"
	if sid != "" {
		err = b.list.RevokeSession(ctx, c.Issuer, sid)
	} else {
		ends, err = "all of sub", b.list.RevokeSubject(ctx, c.Issuer, c.Subject, c.IssuedAt.Time)
	}
	if err == nil {
		logtext.OrDefault(b.list.logger).LogAttrs(ctx, slog.LevelDebug, "denylist: a back-channel logout ended "+ends,
			slog.String("iss", c.Issuer), slog.String("sub", logtext.Cut(c.Subject)), slog.String("sid", logtext.Cut(sid)))
	}
	return err
}

// log logs why the users stay logged in. What the store failed with is logged by the list.
func (b *backChannel) log(ctx context.Context, err error) {
	level, message, limit := slog.LevelWarn, "denylist: a back-channel logout was refused", &b.refused
	if errors.Is(err, jwthttp.ErrUnavailable) {
		if errors.Is(ctx.Err(), context.Canceled) {
			return // the client has left, and the keys may be well
		}
		level, message, limit = slog.LevelError, "denylist: logout tokens cannot be checked, and get a 503", &b.failed
	}
	text := err.Error()
	attrs := []slog.Attr{slog.String("err", logtext.Cut(text))}
	if errors.Is(err, jwt.ErrTokenInvalidAudience) {
		advice := strings.LastIndex(text, ": ") // for access tokens
		attrs = append(attrs[:0], slog.String("err", logtext.Cut(text[:max(advice, 0)])), slog.String("mend", "a logout token is for a client id: pass that to BackChannel, make the keys with AllowAnyAudience, and name the API in the Audience of its middleware alone"))
	}
	if !limit.Log(ctx, b.list.logger, level, message, attrs...) {
		logtext.OrDefault(b.list.logger).LogAttrs(ctx, slog.LevelDebug, message, attrs...)
	}
}

// writeLogoutError writes an error of RFC 6749 section 5.2, as section 2.8 recommends.
func writeLogoutError(w http.ResponseWriter, status int, code, description string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":%q,"error_description":%q}`+"\n", code, description)
}
