package tokens

import (
	"fmt"
	"strings"
)

// Claims is a shape of n claims at the top. Most of them are wanted by nobody.
func Claims(n int) Shape {
	return Shape{Name: fmt.Sprintf("%d claims", n), make: func(user int, _ string) string {
		var b strings.Builder
		b.WriteString(tenth(user))
		for i := 10; i < n; i++ {
			fmt.Fprintf(&b, `,"claim_%03d":"value %06d"`, i, user)
		}
		return b.String() + "}"
	}}
}

// Clients is a shape with the roles of n clients, as Keycloak writes them.
func Clients(n int) Shape {
	access := resourceAccess(n)
	return Shape{Name: fmt.Sprintf("%d clients", n), make: func(user int, _ string) string {
		return tenth(user) + `,"resource_access":` + access + "}"
	}}
}

// Groups is a shape with n groups.
func Groups(n int) Shape {
	groups := list(n, func(i int) string { return fmt.Sprintf("group-%04d", i) })
	return Shape{Name: fmt.Sprintf("%d groups", n), make: func(user int, _ string) string {
		return tenth(user) + `,"groups":` + groups + "}"
	}}
}

// tenth has ten claims, and no brace at the end.
func tenth(user int) string {
	return registered(user) + fmt.Sprintf(`,"aud":[%q],"scope":"orders:read","name":"Ann %06d","email":"ann%06d@example.com"`, Audience, user, user)
}

// EscapedName is a payload of ten claims with one name that has an escape.
func EscapedName(user int) string {
	return strings.Replace(Claims(10).Payload(user), `"email":`, `"\u0065mail":`, 1)
}

// FractionalDate is a payload of ten claims. Its iat has a fraction.
func FractionalDate(user int) string {
	return strings.Replace(Claims(10).Payload(user), `,"nbf":`, `.5,"nbf":`, 1)
}
