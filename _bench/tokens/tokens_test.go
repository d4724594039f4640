package tokens

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

func TestProvidersHaveTheirSizes(t *testing.T) {
	for _, s := range Providers {
		t.Run(s.String(), func(t *testing.T) {
			for _, user := range []int{0, 1, 999_999} {
				if n := len(s.Payload(user)); n != s.Size {
					t.Errorf("user %d: %d bytes", user, n)
				}
			}
		})
	}
}

func TestPayloadsAreStrictAndDiffer(t *testing.T) {
	shapes := append([]Shape{Claims(10), Claims(250), Clients(10), Clients(200), Groups(1000)}, Providers...)
	for _, s := range shapes {
		t.Run(s.String(), func(t *testing.T) {
			for _, p := range []string{s.Payload(0), s.Payload(1)} {
				if !jsontext.Value(p).IsValid() {
					t.Errorf("not strict JSON: %s", p)
				}
			}
			if s.Payload(0) == s.Payload(1) {
				t.Error("two users have one payload")
			}
		})
	}
}

func TestCounts(t *testing.T) {
	count := func(payload, member string) int {
		var top map[string]json.RawMessage
		if err := json.Unmarshal([]byte(payload), &top); err != nil {
			t.Fatal(err)
		}
		if member == "" {
			return len(top)
		}
		var all any
		if err := json.Unmarshal(top[member], &all); err != nil {
			t.Fatal(err)
		}
		return reflect.ValueOf(all).Len()
	}
	for _, n := range []int{10, 65, 250} {
		if got := count(Claims(n).Payload(1), ""); got != n {
			t.Errorf("Claims(%d) has %d", n, got)
		}
	}
	for _, n := range []int{10, 200} {
		if got := count(Clients(n).Payload(1), "resource_access"); got != n {
			t.Errorf("Clients(%d) has %d", n, got)
		}
	}
	if got := count(Groups(1000).Payload(1), "groups"); got != 1000 {
		t.Errorf("Groups(1000) has %d", got)
	}
}

// The types for all claims have a field for each member.
func TestTypesOfAllClaims(t *testing.T) {
	for _, try := range []struct {
		shape  Shape
		claims any
	}{
		{Auth0, new(Auth0AllClaims)}, {Keycloak, new(KeycloakAllClaims)}, {KeycloakLarge, new(KeycloakAllClaims)},
		{Entra, new(EntraAllClaims)}, {EntraLarge, new(EntraAllClaims)}, {Claims(10), new(ThreeClaims)}, {Clients(10), new(ClientsClaims)},
	} {
		t.Run(fmt.Sprintf("%v, %T", try.shape, try.claims), func(t *testing.T) {
			d := json.NewDecoder(bytes.NewBufferString(try.shape.Payload(1)))
			d.DisallowUnknownFields()
			if err := d.Decode(try.claims); err != nil {
				t.Fatal(err)
			}
			v := reflect.ValueOf(try.claims).Elem().Field(1)
			for i := range v.NumField() {
				if f := v.Type().Field(i); v.Field(i).IsZero() && f.Name != "Groups" {
					t.Errorf("%s is empty", f.Name)
				}
			}
		})
	}
}

func TestOddPayloads(t *testing.T) {
	plain := Claims(10).Payload(1)
	for name, p := range map[string]string{"escaped name": EscapedName(1), "fractional date": FractionalDate(1)} {
		var got ThreeClaims
		if err := json.Unmarshal([]byte(p), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p == plain || got.Email == "" || got.IssuedAt == nil {
			t.Errorf("%s: %s", name, p)
		}
	}
}
