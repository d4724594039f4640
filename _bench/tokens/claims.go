package tokens

import "github.com/golang-jwt/jwt/v5"

// Auth0Three are three claims of an Auth0 token.
type Auth0Three struct {
	Scope       string   `json:"scope"`
	Permissions []string `json:"permissions"`
	Org         string   `json:"org_id"`
}

// Auth0All are all claims of an Auth0 token except those of RFC 7519, as with the next types.
type Auth0All struct {
	Auth0Three
	Azp     string `json:"azp"`
	Grant   string `json:"gty"`
	Session string `json:"https://example.com/session"`
}

// Roles are those of a realm or a client.
type Roles struct {
	Roles []string `json:"roles"`
}

// KeycloakThree are three claims of a Keycloak token.
type KeycloakThree struct {
	Scope    string `json:"scope"`
	Username string `json:"preferred_username"`
	Realm    Roles  `json:"realm_access"`
}

// KeycloakAll are all claims of a Keycloak token.
type KeycloakAll struct {
	KeycloakThree
	AuthTime      int64            `json:"auth_time"`
	Typ           string           `json:"typ"`
	Azp           string           `json:"azp"`
	Session       string           `json:"sid"`
	ACR           string           `json:"acr"`
	Origins       []string         `json:"allowed-origins"`
	Clients       map[string]Roles `json:"resource_access"`
	EmailVerified bool             `json:"email_verified"`
	Name          string           `json:"name"`
	GivenName     string           `json:"given_name"`
	FamilyName    string           `json:"family_name"`
	Email         string           `json:"email"`
	Note          string           `json:"session_note"`
}

// EntraThree are three claims of an Entra token.
type EntraThree struct {
	Scope  string `json:"scp"`
	Tenant string `json:"tid"`
	Object string `json:"oid"`
}

// EntraAll are all claims of an Entra token.
type EntraAll struct {
	EntraThree
	AIO      string   `json:"aio"`
	Azp      string   `json:"azp"`
	Azpacr   string   `json:"azpacr"`
	Name     string   `json:"name"`
	Username string   `json:"preferred_username"`
	RH       string   `json:"rh"`
	Roles    []string `json:"roles"`
	Groups   []string `json:"groups"`
	Session  string   `json:"sid"`
	UTI      string   `json:"uti"`
	Version  string   `json:"ver"`
	FTD      string   `json:"xms_ftd"`
}

// Three are the three claims of a token of many claims, clients or groups.
type Three struct {
	Scope string `json:"scope"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

// ThreeAndClients are the same and the roles of clients.
type ThreeAndClients struct {
	Three
	Clients map[string]Roles `json:"resource_access"`
}

// ThreeAndGroups are the same and the groups.
type ThreeAndGroups struct {
	Three
	Groups []string `json:"groups"`
}

// These types add what golang-jwt needs.
type (
	Auth0ThreeClaims struct {
		jwt.RegisteredClaims
		Auth0Three
	}
	Auth0AllClaims struct {
		jwt.RegisteredClaims
		Auth0All
	}
	KeycloakThreeClaims struct {
		jwt.RegisteredClaims
		KeycloakThree
	}
	KeycloakAllClaims struct {
		jwt.RegisteredClaims
		KeycloakAll
	}
	EntraThreeClaims struct {
		jwt.RegisteredClaims
		EntraThree
	}
	EntraAllClaims struct {
		jwt.RegisteredClaims
		EntraAll
	}
	ThreeClaims struct {
		jwt.RegisteredClaims
		Three
	}
	ClientsClaims struct {
		jwt.RegisteredClaims
		ThreeAndClients
	}
)
