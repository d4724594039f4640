package contest

import (
	"context"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

// A ClaimsType makes contestants that decode into one type of claims.
type ClaimsType struct {
	Name string

	// Alone is jwthttp with the members that the type adds to those of RFC 7519, which the other
	// packages need. It is the zero Contestant if the type adds none.
	Alone Contestant

	// Same are the contestants that take the type, jwthttp first.
	Same []Contestant
}

// CustomClaims are claims for auth0's packages. These packages decode those of RFC 7519 by
// themselves.
type CustomClaims interface{ Validate(context.Context) error }

// Validates makes a struct that embeds it a type for auth0's packages.
type Validates struct{}

// Validate accepts all claims.
func (Validates) Validate(context.Context) error { return nil }

// ClaimsOf is implemented by pointers to C that golang-jwt can check.
type ClaimsOf[C any] interface {
	*C
	jwt.Claims
}

// Typed returns the contestants for C, which has the members of Alone and those of RFC 7519.
// newCustom returns the members of Alone for auth0's packages, and is nil if there are none.
func Typed[C, Alone any, P ClaimsOf[C]](name string, newCustom func() CustomClaims) ClaimsType {
	newClaims := func() jwt.Claims { return P(new(C)) }
	t := ClaimsType{Name: name, Same: []Contestant{
		{Ours.Name, OursWith[C](jwthttp.Options{})},
		{GolangJWT.Name, protectGolangJWT(newClaims)},
		{CristalHQ.Name, protectCristalHQWith(newClaims)},
		{EchoJWT.Name, protectEcho(newClaims)},
		{Auth0v2.Name, protectAuth0v2(newCustom)},
		{Auth0.Name, protectAuth0(newCustom)},
	}}
	if newCustom != nil {
		t.Alone = Contestant{Ours.Name + ", without those of RFC 7519", OursWith[Alone](jwthttp.Options{})}
	}
	return t
}

// Map is jwt.MapClaims. jwtauth has a map of its own and no other claims type.
var Map = ClaimsType{Name: "MapClaims", Same: []Contestant{
	{Ours.Name, OursWith[jwt.MapClaims](jwthttp.Options{})},
	{GolangJWTMap.Name, protectGolangJWT(func() jwt.Claims { return jwt.MapClaims{} })},
	{CristalHQ.Name, protectCristalHQWith(func() jwt.Claims { return &jwt.MapClaims{} })},
	{EchoJWT.Name, protectEcho(func() jwt.Claims { return jwt.MapClaims{} })},
	{Auth0v2.Name, protectAuth0v2(func() CustomClaims { return &customMap{} })},
	{Auth0.Name, protectAuth0(func() CustomClaims { return &customMap{} })},
	{JWTAuth.Name, protectJWTAuth},
}}

// RegisteredOnly is jwt.RegisteredClaims.
var RegisteredOnly = Typed[jwt.RegisteredClaims, struct{}]("RegisteredClaims", nil)

type customMap map[string]any

func (*customMap) Validate(context.Context) error { return nil }
