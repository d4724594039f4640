// Package tokens makes payloads of the shapes and sizes that providers issue. All values are
// invented. Payloads of one shape have one size, and differ in what differs from user to user.
package tokens

import (
	"fmt"
	"strings"
	"time"
)

// These claims are the same in every payload.
const (
	Issuer   = "https://id.example.com"
	Audience = "orders"
)

// A Shape is what all payloads of a kind have in common.
type Shape struct {
	Name string
	Size int // of a payload in bytes; 0 if the shape gives it
	make func(user int, filler string) string
}

// These are access tokens of providers.
var (
	Auth0         = Shape{"Auth0", 596, auth0}
	Keycloak      = Shape{"Keycloak", 979, keycloak(3, 2)}
	KeycloakLarge = Shape{"Keycloak", 1874, keycloak(14, 8)}
	Entra         = Shape{"Entra", 1174, entra(0)}
	EntraLarge    = Shape{"Entra", 4879, entra(90)}
)

// Providers has all of them.
var Providers = []Shape{Auth0, Keycloak, KeycloakLarge, Entra, EntraLarge}

// String returns the name and the size.
func (s Shape) String() string {
	if s.Size == 0 {
		return s.Name
	}
	return fmt.Sprintf("%s, %d bytes", s.Name, s.Size)
}

// Payload returns the payload of a user. The filler in it makes the payload as long as Size says.
func (s Shape) Payload(user int) string {
	return s.make(user, strings.Repeat("x", max(0, s.Size-len(s.make(user, "")))))
}

// registered has the claims that every shape begins with, and an open brace before them.
func registered(user int) string {
	now := time.Now().Unix()
	return fmt.Sprintf(`{"iss":%q,"sub":%q,"exp":%d,"iat":%d,"nbf":%d,"jti":%q`,
		Issuer, id("a11c", user), now+86400, now, now-60, id("b0b0", user))
}

// id returns a UUID. It differs by its kind and its number.
func id(kind string, n int) string {
	return fmt.Sprintf("00000000-0000-4000-%s-%012x", kind, n)
}

// list returns n elements as members of an array.
func list(n int, element func(i int) string) string {
	all := make([]string, n)
	for i := range all {
		all[i] = `"` + element(i) + `"`
	}
	return "[" + strings.Join(all, ",") + "]"
}

func auth0(user int, filler string) string {
	return registered(user) + fmt.Sprintf(
		`,"aud":[%q,"https://example.eu.auth0.com/userinfo"],"azp":"EXAMPLEclientidEXAMPLEclientid00"`+
			`,"scope":"openid profile orders:read","org_id":"org_EXAMPLE0123456","gty":"password"`+
			`,"permissions":["orders:read","orders:write"],"https://example.com/session":%q}`,
		Audience, "s"+filler)
}

func keycloak(roles, clients int) func(int, string) string {
	realm := list(roles, func(i int) string { return fmt.Sprintf("realm-role-%02d", i) })
	return func(user int, filler string) string {
		return registered(user) + fmt.Sprintf(
			`,"auth_time":%d,"aud":[%q,"account"],"typ":"Bearer","azp":"web","sid":%q,"acr":"1"`+
				`,"allowed-origins":["https://app.example.com"],"realm_access":{"roles":%s},"resource_access":%s`+
				`,"scope":"openid email profile","email_verified":true,"name":"Ann %06d","preferred_username":"ann%06d"`+
				`,"given_name":"Ann","family_name":"%06d","email":"ann%06d@example.com","session_note":%q}`,
			time.Now().Unix()-60, Audience, id("51d0", user), realm, resourceAccess(clients), user, user, user, user, "n"+filler)
	}
}

// resourceAccess is the claim of Keycloak that has the roles of each client.
func resourceAccess(clients int) string {
	var b strings.Builder
	for i := range clients {
		fmt.Fprintf(&b, `,"client-%03d":{"roles":["view","edit"]}`, i)
	}
	return "{" + b.String()[1:] + "}"
}

func entra(groups int) func(int, string) string {
	all := ""
	if groups > 0 {
		all = `,"groups":` + list(groups, func(i int) string { return id("9999", i) })
	}
	return func(user int, filler string) string {
		return registered(user) + fmt.Sprintf(
			`,"aud":%q,"aio":%q,"azp":%q,"azpacr":"0","name":"Ann %06d","oid":%q`+
				`,"preferred_username":"ann%06d@example.com","rh":"1.EXAMPLEEXAMPLEEXAMPLE","roles":["Orders.Reader","Orders.Writer"]`+
				`,"scp":"Orders.Read Orders.Write","sid":%q,"tid":%q,"uti":"EXAMPLEEXAMPLEEXAMPLE0","ver":"2.0","xms_ftd":"EXAMPLE"%s}`,
			Audience, "A"+filler, id("2222", 0), user, id("3333", user), user, id("51d0", user), id("7777", 0), all)
	}
}
