package contest

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	auth0v2 "github.com/auth0/go-jwt-middleware/v2"
	validatorv2 "github.com/auth0/go-jwt-middleware/v2/validator"
	auth0 "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/validator"
	cristalhq "github.com/cristalhq/jwt/v5"
	"github.com/go-chi/jwtauth/v5"
	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v5"
	"github.com/labstack/echo/v5"
	jwx "github.com/lestrrat-go/jwx/v2/jwt"

	"github.com/jwthttp/jwthttp"
)

// These are the contestants by name.
var (
	Ours           = Contestant{"jwthttp", protectOurs[Claims](0)}
	OursNoMemory   = Contestant{"jwthttp, nothing remembered", protectOurs[Claims](-1)}
	OursRegistered = Contestant{"jwthttp, RegisteredClaims", protectOurs[Registered](0)}
	OursMap        = Contestant{"jwthttp, MapClaims", protectOurs[jwt.MapClaims](0)}
	Floor          = Contestant{"floor: bare primitives", protectFloor(true)}
	FloorNoHeader  = Contestant{"floor: the same, the header unread", protectFloor(false)}
	FloorHS256     = Contestant{"floor: bare primitives, HS256", func(_ string, next http.Handler) (http.Handler, error) { return protectFloor(true)("HS256", next) }}
	ContextFloor   = Contestant{"floor: context alone", protectContext}
	GolangJWT      = Contestant{"golang-jwt v5.3.1, typed", protectGolangJWT(func() jwt.Claims { return &Registered{} })}
	GolangJWTMap   = Contestant{"golang-jwt v5.3.1, map", protectGolangJWT(func() jwt.Claims { return jwt.MapClaims{} })}
	Auth0          = Contestant{"auth0 v3.1.0", protectAuth0}
	Auth0v2        = Contestant{"auth0 v2.3.1", protectAuth0v2}
	JWTAuth        = Contestant{"go-chi/jwtauth v5.3.3", protectJWTAuth}
	EchoJWT        = Contestant{"echo-jwt v5.0.1", protectEcho}
	CristalHQ      = Contestant{"cristalhq/jwt v5.4.0", protectCristalHQ}
)

// All has the contestants in the order of the table.
var All = []Contestant{Ours, OursRegistered, OursMap, Floor, FloorNoHeader, ContextFloor, CristalHQ, GolangJWT, GolangJWTMap, EchoJWT, Auth0v2, Auth0, JWTAuth}

type contextKey struct{}

var errRefused = errors.New("refused")

// wrap makes a middleware of a bare library.
func wrap(next http.Handler, verify func(token string) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		claims, err := verify(token)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, claims)))
	})
}

func key(alg string) any {
	_, verifying := Keys(alg)
	return verifying
}

func protectOurs[C any](remember int) func(string, http.Handler) (http.Handler, error) {
	return func(alg string, next http.Handler) (http.Handler, error) {
		k := jwthttp.NewKey(jwt.GetSigningMethod(alg), key(alg))
		auth, err := jwthttp.New[C](k.WithID(KeyID), jwthttp.Options{Issuer: Issuer, Audience: []string{Audience}, RememberSignatures: remember})
		if err != nil {
			return nil, err
		}
		return auth.Handler(next), nil
	}
}

// floorState is what the floor reuses.
type floorState struct {
	mac, hash hash.Hash
	in        [16 << 10]byte
	sum       [sha256.Size]byte
	sig       [256]byte
}

// header has what a verifier must know before it checks the signature.
type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ"`
}

// protectFloor does only the necessary work, with the bare primitives:
//
//   - the hash with a reused state
//   - base64
//   - a strict decoding of the claims and, if withHeader, of the header, which names the key
//   - a new request context
//
// It does not check what it has decoded.
func protectFloor(withHeader bool) func(string, http.Handler) (http.Handler, error) {
	return func(alg string, next http.Handler) (http.Handler, error) {
		pub := &PrivateKey().PublicKey
		states := sync.Pool{New: func() any { return &floorState{mac: hmac.New(sha256.New, Secret), hash: sha256.New()} }}
		return wrap(next, func(token string) (any, error) {
			s := states.Get().(*floorState)
			defer states.Put(s)
			first, last := strings.IndexByte(token, '.'), strings.LastIndexByte(token, '.')
			if withHeader {
				text, err := base64.RawURLEncoding.DecodeString(token[:first])
				if err != nil {
					return nil, err
				}
				var h header
				if err := json.Unmarshal(text, &h); err != nil {
					return nil, err
				}
			}
			n := copy(s.in[:], token[:last])
			m, err := base64.RawURLEncoding.Decode(s.sig[:], []byte(token[last+1:]))
			if err != nil {
				return nil, err
			}
			if alg == "RS256" {
				s.hash.Reset()
				s.hash.Write(s.in[:n])
				if err := rsa.VerifyPKCS1v15(pub, crypto.SHA256, s.hash.Sum(s.sum[:0]), s.sig[:m]); err != nil {
					return nil, err
				}
			} else {
				s.mac.Reset()
				s.mac.Write(s.in[:n])
				if !hmac.Equal(s.mac.Sum(s.sum[:0]), s.sig[:m]) {
					return nil, errRefused
				}
			}
			payload, err := base64.RawURLEncoding.DecodeString(token[first+1 : last])
			if err != nil {
				return nil, err
			}
			claims := new(Claims)
			return claims, json.Unmarshal(payload, claims)
		}), nil
	}
}

func protectContext(_ string, next http.Handler) (http.Handler, error) {
	claims := new(Claims)
	return wrap(next, func(string) (any, error) { return claims, nil }), nil
}

func protectGolangJWT(newClaims func() jwt.Claims) func(string, http.Handler) (http.Handler, error) {
	return func(alg string, next http.Handler) (http.Handler, error) {
		parser := jwt.NewParser(jwt.WithValidMethods([]string{alg}), jwt.WithIssuer(Issuer), jwt.WithAudience(Audience), jwt.WithExpirationRequired())
		k := key(alg)
		keyfunc := func(*jwt.Token) (any, error) { return k, nil }
		return wrap(next, func(token string) (any, error) {
			t, err := parser.ParseWithClaims(token, newClaims(), keyfunc)
			if err != nil {
				return nil, err
			}
			return t.Claims, nil
		}), nil
	}
}

// custom has the claims that auth0's packages decode beside the registered ones.
type custom struct {
	Scope string `json:"scope"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

func (*custom) Validate(context.Context) error { return nil }

func protectAuth0(alg string, next http.Handler) (http.Handler, error) {
	k := key(alg)
	v, err := validator.New(
		validator.WithKeyFunc(func(context.Context) (any, error) { return k, nil }),
		validator.WithAlgorithm(validator.SignatureAlgorithm(alg)),
		validator.WithIssuer(Issuer),
		validator.WithAudience(Audience),
		validator.WithCustomClaims(func() *custom { return &custom{} }),
	)
	if err != nil {
		return nil, err
	}
	m, err := auth0.New(auth0.WithValidator(v))
	if err != nil {
		return nil, err
	}
	return m.CheckJWT(next), nil
}

func protectAuth0v2(alg string, next http.Handler) (http.Handler, error) {
	k := key(alg)
	issuer, err := url.Parse(Issuer)
	if err != nil {
		return nil, err
	}
	v, err := validatorv2.New(
		func(context.Context) (any, error) { return k, nil }, validatorv2.SignatureAlgorithm(alg), issuer.String(), []string{Audience},
		validatorv2.WithCustomClaims(func() validatorv2.CustomClaims { return &custom{} }),
	)
	if err != nil {
		return nil, err
	}
	return auth0v2.New(v.ValidateToken).CheckJWT(next), nil
}

func protectJWTAuth(alg string, next http.Handler) (http.Handler, error) {
	var verifyKey any
	if alg == "RS256" {
		verifyKey = key(alg)
	}
	ja := jwtauth.New(alg, Secret, verifyKey, jwx.WithIssuer(Issuer), jwx.WithAudience(Audience), jwx.WithRequiredClaim("exp"))
	return jwtauth.Verifier(ja)(jwtauth.Authenticator(ja)(next)), nil
}

func protectEcho(alg string, next http.Handler) (http.Handler, error) {
	k := key(alg)
	parser := jwt.NewParser(jwt.WithValidMethods([]string{alg}), jwt.WithIssuer(Issuer), jwt.WithAudience(Audience), jwt.WithExpirationRequired())
	e := echo.New()
	// The package's own parsing checks neither issuer nor audience. So it uses the function
	// from the package's documentation.
	mw, err := echojwt.Config{ParseTokenFunc: func(_ *echo.Context, auth string) (any, error) {
		return parser.ParseWithClaims(auth, &Registered{}, func(*jwt.Token) (any, error) { return k, nil })
	}}.ToMiddleware()
	if err != nil {
		return nil, err
	}
	e.Use(mw)
	e.GET("/", echo.WrapHandler(next))
	return e, nil
}

func protectCristalHQ(alg string, next http.Handler) (http.Handler, error) {
	var verifier cristalhq.Verifier
	var err error
	if alg == "RS256" {
		verifier, err = cristalhq.NewVerifierRS(cristalhq.RS256, &PrivateKey().PublicKey)
	} else {
		verifier, err = cristalhq.NewVerifierHS(cristalhq.HS256, Secret)
	}
	if err != nil {
		return nil, err
	}
	type claims struct {
		cristalhq.RegisteredClaims
		custom
	}
	return wrap(next, func(token string) (any, error) {
		c := &claims{}
		if err := cristalhq.ParseClaims([]byte(token), verifier, c); err != nil {
			return nil, err
		}
		if now := time.Now(); !c.IsValidAt(now) || !c.IsIssuer(Issuer) || !c.IsForAudience(Audience) {
			return nil, errRefused
		}
		return c, nil
	}), nil
}
