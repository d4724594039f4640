package jwthttp

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp/internal/answer"
	"github.com/jwthttp/jwthttp/internal/credential"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/rules"
)

// A config is Options compiled: checked, with defaults, and with copies of all slices.
type config struct {
	verifier      verifier
	rules         rules.Rules
	places        []credential.Place
	trusted       []string // origins
	vary          string
	anonymous     bool
	maxTokenBytes int
	service       answer.Service
	bindings      []binding // in the order in which they are asked; nil without Options.Bindings
	members       []string  // of cnf, one for each binding
	allowUnbound  bool
	attempts      []attempt // one for each scheme by its number
	none          *attempt  // for no scheme, or several
	write         func(w http.ResponseWriter, r *http.Request, err error)
	observer      *observer
}

// compile returns what is wrong with o and keys, all at once.
func (o Options) compile(keys KeySource) (*config, error) {
	prepared, err := prepareKeys(keys, o.Issuer)
	errs := []error{err}
	for _, find := range []func() error{
		o.checkNames, o.checkTimes, o.checkPlaces, o.checkAnswers, o.checkLimits, o.checkBindings,
	} {
		errs = append(errs, find())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if s, ok := prepared.(ofOneIssuer); ok && o.Issuer == "" {
		o.Issuer = s.Issuer()
	}
	c := &config{
		verifier: verifier{
			keys: prepared, peeks: choosesByIssuer(prepared), fixed: hasFixedKeys(prepared), types: rules.ShortTypes(o.Type, o.Types), padding: o.AllowPadding,
			work:  jws.NewWorkspace(cmp.Or(o.RememberSignatures, defaultRemembered)),
			start: time.Now(),
		},
		rules: rules.Rules{
			Issuer: o.Issuer, Audience: slices.Clone(o.Audience), Leeway: o.Leeway, MaxAge: o.MaxAge,
			AllowAnyAudience: o.AllowAnyAudience, AllowMissingExpiry: o.AllowMissingExpiry, AllowSenderBound: o.AllowSenderConstrained || len(o.Bindings) > 0,
		},
		trusted:       slices.Clone(o.TrustedOrigins),
		anonymous:     o.AllowAnonymous,
		maxTokenBytes: cmp.Or(o.MaxTokenBytes, defaultMaxTokenBytes),
		service:       answer.Service{Realm: cmp.Or(o.Realm, answer.DefaultRealm), Scopes: strings.Join(o.ChallengeScopes, " "), Metadata: o.ResourceMetadata},
		write:         o.ErrorHandler,
		observer:      &observer{onResult: o.OnResult, logger: o.Logger},
	}
	if c.write == nil {
		c.write = WriteError
	}
	c.compileBindings(&o)
	places := o.Extractors
	if len(places) == 0 {
		places = []Extractor{BearerHeader()}
	}
	c.places = compiled(places, c.service.Names()[1:])
	if o.AllowAnonymous {
		c.vary = credential.Vary(c.places)
	}
	return c, nil
}

// compileBindings fills what c has for Bindings. Those without a scheme are asked first, because
// they cost less than the signature of a proof.
func (c *config) compileBindings(o *Options) {
	var withScheme []binding
	for _, b := range o.Bindings {
		name, parameters := b.Scheme()
		if name == "" {
			c.bindings = append(c.bindings, binding{b, 0})
			continue
		}
		c.service.Bound = append(c.service.Bound, answer.Scheme{Name: name, Parameters: parameters, Answer: b.Answer})
		withScheme = append(withScheme, binding{b, len(c.service.Bound)})
	}
	c.service.OnlyBound = len(withScheme) > 0 && len(c.bindings) == 0 && !o.AllowUnbound
	c.bindings = append(c.bindings, withScheme...)
	for _, b := range c.bindings {
		c.members = append(c.members, b.Member())
	}
	c.allowUnbound = o.AllowUnbound
	c.none = &attempt{c, answer.SeveralSchemes}
	for i := range 1 + len(c.service.Bound) {
		c.attempts = append(c.attempts, attempt{c, i})
	}
}
