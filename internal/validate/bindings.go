package validate

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/internal/syntax"
)

// A Binding is what there is to check of a jwthttp.Binding.
type Binding interface {
	Member() string
	Scheme() (name, parameters string)
}

// Bindings finds what keeps ways of proof from being used beside each other. schemes are those that
// tokens come under.
func Bindings[B Binding](bindings []B) (schemes []string, err error) {
	var errs []error
	var members []string
	for _, b := range bindings {
		v := reflect.ValueOf(b)
		if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
			errs = append(errs, errors.New("one that is nil: mind the error of the function that makes it, or take it out"))
			continue
		}
		if !v.Comparable() {
			errs = append(errs, fmt.Errorf("a %T, which cannot be compared: pass a pointer to it", b))
			continue
		}
		member := b.Member()
		if member == "" {
			errs = append(errs, fmt.Errorf("a %T without a Member: make it with the function of its package, or name the member of cnf that it is for, such as \"jkt\"", b))
		} else if slices.Contains(members, member) {
			errs = append(errs, fmt.Errorf("two for the member %q: keep one", member))
		}
		members = append(members, member)
		name, parameters := b.Scheme()
		if err := scheme(name, parameters); err != nil {
			errs = append(errs, fmt.Errorf("one for %q with %w", member, err))
		}
		if name == "" {
			continue
		}
		if slices.ContainsFunc(schemes, func(s string) bool { return strings.EqualFold(s, name) }) {
			errs = append(errs, fmt.Errorf("two for the scheme %q: keep one", name))
		}
		schemes = append(schemes, name)
	}
	return schemes, errors.Join(errs...)
}

// scheme finds what cannot be the authentication scheme of bound tokens, with the parameters of its
// challenge. "" is no scheme.
func scheme(name, parameters string) error {
	switch {
	case name == "" && parameters != "":
		return errors.New("parameters and no scheme: name the scheme, or return no parameters")
	case name != "" && !syntax.IsToken(name):
		return fmt.Errorf("the scheme %.200q, which cannot be one: use letters, digits and hyphens", name)
	case syntax.EqualFold(name, "Bearer"), syntax.EqualFold(name, "Basic"):
		return fmt.Errorf("the scheme %s, which other credentials have: return \"\" if its tokens come as Bearer tokens do", name)
	case strings.ContainsFunc(parameters, func(c rune) bool { return c < 0x20 || c > 0x7e }):
		return fmt.Errorf("the parameters %.200q: use printable ASCII", parameters)
	}
	return nil
}
