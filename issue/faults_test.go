package issue_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
)

// A file whose time is now signs at once, and other instances refuse its tokens until they read it.
func TestDirectoryWarnsOfNow(t *testing.T) {
	for _, ahead := range []time.Duration{0, -time.Second, 30 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var log journal
			dir := t.TempDir()
			writeKey(t, dir, "1999-01-01.pem", 0)
			iss := newIssuer[Claims](t, issue.Options{Logger: log.logger()}, issue.Directory(dir))
			time.Sleep(time.Hour)
			writeKey(t, dir, at(ahead), 1)
			time.Sleep(reloadAfter)
			signedBy(t, iss, Claims{})
			log.want(t, "a file that is "+ahead.String()+" ahead", 1, 0)
		})
	}
}

// What the caller's code wraps does not change the kind of an error.
func TestForeignKinds(t *testing.T) {
	kinds := []error{jwthttp.ErrNoToken, jwthttp.ErrInvalidToken, jwthttp.ErrForbidden, jwthttp.ErrUnavailable, jwthttp.ErrMisconfigured}
	is := func(err error) (found []error) {
		for _, kind := range kinds {
			if errors.Is(err, kind) {
				found = append(found, kind)
			}
		}
		return found
	}
	for _, kind := range kinds {
		own := errors.New("of the signer")
		failing := kms{Signer: p256, sign: func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errors.Join(kind, own) }}
		iss := newIssuer[Claims](t, issue.Options{}, issue.NewKey(jwt.SigningMethodES256, failing))
		if _, _, err := iss.Token(t.Context(), Claims{}); len(is(err)) != 1 || is(err)[0] != jwthttp.ErrUnavailable || !errors.Is(err, own) {
			t.Errorf("a signer's %v: %v", kind, err)
		}
		texts := newIssuer[encodes](t, issue.Options{})
		if _, _, err := texts.Token(t.Context(), encodes{kind}); len(is(err)) != 1 || is(err)[0] != jwthttp.ErrMisconfigured {
			t.Errorf("claims of %v: %v", kind, err)
		}
	}
	iss := newIssuer[refuses](t, issue.Options{})
	if _, _, err := iss.Token(t.Context(), refuses{Fails: true}); len(is(err)) != 1 || is(err)[0] != jwthttp.ErrMisconfigured || strings.Contains(err.Error(), "signer") {
		t.Errorf("a Validate with an error of golang-jwt: %v", err)
	}
}

type encodes struct{ err error }

func (e encodes) MarshalJSON() ([]byte, error) {
	return nil, errors.Join(e.err, errors.New(strings.Repeat("long\n", 1000)))
}

func (e *encodes) UnmarshalJSON([]byte) error { return nil }

type refuses struct {
	Fails bool `json:"fails"`
}

func (r refuses) Validate() error {
	if r.Fails {
		return jwt.ErrTokenSignatureInvalid
	}
	return nil
}

// The text of an error is one line, whatever the claims say.
func TestErrorsAreShort(t *testing.T) {
	iss := newIssuer[encodes](t, issue.Options{})
	_, _, err := iss.Token(t.Context(), encodes{errors.New("x")})
	if err == nil || len(err.Error()) > 300 || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

// A signer that takes longer than the token lives is a signer's fault.
func TestSlowSigner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := kms{Signer: p256, sign: func(_ context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
			time.Sleep(3 * time.Second)
			return p256.Sign(nil, digest, opts)
		}}
		iss := newIssuer[Claims](t, issue.Options{Lifetime: 2 * time.Second}, issue.NewKey(jwt.SigningMethodES256, slow))
		if token, _, err := iss.Token(t.Context(), Claims{}); token != "" || !errors.Is(err, jwthttp.ErrUnavailable) || !strings.Contains(err.Error(), "use a faster signer, or a longer Lifetime") {
			t.Errorf("%v", err)
		}
	})
}

// What Public returned is the signer's memory. The published key does not change with it.
func TestPublicIsCopied(t *testing.T) {
	pub := append(ed25519.PublicKey{}, edSeed(3).Public().(ed25519.PublicKey)...)
	iss := newIssuer[Claims](t, issue.Options{}, issue.HS256(secret), issue.NewKey(jwt.SigningMethodEdDSA, kms{Signer: edSeed(3), public: func() crypto.PublicKey { return pub }}).From(time.Now().Add(time.Hour)))
	_, before := issue.At(iss, time.Now())
	clear(pub)
	if _, after := issue.At(iss, time.Now().Add(2*time.Hour)); string(after) != string(before) {
		t.Errorf("published is %s, and then %s", before, after)
	}
}

// An exp of the claims and one of a Claim: the earlier one counts, in whatever order.
func TestTwoExps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		iss := newIssuer[jwt.MapClaims](t, issue.Options{})
		for _, exps := range [][2]int64{{50, 100}, {100, 50}} {
			_, expires, err := iss.Token(t.Context(), jwt.MapClaims{"exp": time.Now().Unix() + exps[0]}, issue.Claim{Name: "exp", Value: time.Now().Unix() + exps[1]})
			if err != nil || time.Until(expires) != 50*time.Second {
				t.Errorf("%v: %v %v", exps, expires, err)
			}
		}
	})
}

// An issuer may have a password in its URL by mistake. The log does not show it.
func TestMetadataShowsNoPassword(t *testing.T) {
	for _, name := range []string{"https://user:hunter2@a.example.com", "https://a.example.com?key=hunter2"} {
		var log journal
		iss := newIssuer[Claims](t, issue.Options{Issuer: name, Logger: log.logger()})
		iss.Metadata()
		log.want(t, name, 0, 1)
		if text := log.String(); strings.Contains(text, "hunter2") {
			t.Errorf("%s: %s", name, text)
		}
	}
}
