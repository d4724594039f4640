package syntax_test

import (
	"testing"

	"github.com/jwthttp/jwthttp/internal/syntax"
)

func TestHasError(t *testing.T) {
	for _, tc := range []struct {
		lines []string
		want  bool
	}{
		{[]string{`DPoP error="use_dpop_nonce"`}, true},
		{[]string{`DPoP error=use_dpop_nonce`}, true},
		{[]string{`dpop   realm="api", error="use_dpop_nonce", error_description="x"`}, true},
		{[]string{`Bearer realm="api", DPoP realm="api",error="use_dpop_nonce"`}, true},
		{[]string{`Bearer realm="api"`, `DPoP algs="ES256", error="use_dpop_nonce"`}, true},
		{[]string{`Negotiate, DPoP error="use_dpop_nonce"`}, true},
		{[]string{`Negotiate abc==, DPoP error="use_dpop_nonce"`}, true},
		{[]string{`DPoP error = "use_dpop_nonce"`}, true},
		{[]string{"DPoP error\t=\tuse_dpop_nonce\t, algs = \"ES256\""}, true},
		{[]string{`DPoP realm = "a, b", error= "use_dpop_nonce"`}, true},
		{[]string{`DPoP realm= "a\", Bearer", error ="use_dpop_nonce"`}, true},
		{[]string{"DPoP\terror=\"use_dpop_nonce\""}, true},
		{[]string{"Bearer\trealm=\"api\", DPoP \t error=\"use_dpop_nonce\""}, true},
		{nil, false},
		{[]string{`DPoP`}, false},
		{[]string{`DPoP error="invalid_dpop_proof"`}, false},
		{[]string{`Bearer error="use_dpop_nonce"`}, false},
		{[]string{`DPoP realm="api", Bearer error="use_dpop_nonce"`}, false},
		{[]string{`DPoP realm="api", Bearer, error="use_dpop_nonce"`}, false},
		{[]string{`Bearer realm="DPoP error=\"use_dpop_nonce\""`}, false},
		{[]string{`DPoP realm=", error=use_dpop_nonce"`}, false},
		{[]string{`DPoP error_description="use_dpop_nonce"`}, false},
		{[]string{`DPoP realm= ", error=use_dpop_nonce"`}, false},
		{[]string{`Bearer error = "use_dpop_nonce"`}, false},
		{[]string{`DPoP error = "use dpop nonce"`}, false},
		{[]string{`DPoP error =`}, false},
		{[]string{"DPoP error=\n\"use_dpop_nonce\""}, false},
		{[]string{"DPoP\trealm=\"api\", Bearer\terror=\"use_dpop_nonce\""}, false},
		{[]string{`XDPoP error="use_dpop_nonce"`}, false},
	} {
		if got := syntax.HasError(tc.lines, "DPoP", "use_dpop_nonce"); got != tc.want {
			t.Errorf("%q: %v", tc.lines, got)
		}
	}
}
