package mtls_test

import (
	"testing"

	"github.com/jwthttp/jwthttp/mtls"
)

// What a forwarded certificate costs a request whose token is good.
func BenchmarkForwarded(b *testing.B) {
	for _, tc := range []struct {
		format mtls.Format
		value  string
	}{
		{mtls.ClientCert, ":" + base64Of8705 + ":"},
		{mtls.EscapedPEM, escaped(pemOf(der8705(b)))},
		{mtls.XFCC, "By=spiffe://example.com/api;Hash=0380ed2f626650c840b2f263e6d2b29fae12ab39ae5db32b25ad27efad72e6fd;Subject=\"CN=client\""},
	} {
		b.Run(tc.format.String(), func(b *testing.B) {
			binding := mustForwarded(b, "X-Cert", tc.format, "10.0.0.7")
			r, thumbprint := from(proxy, "X-Cert", tc.value), thumbprintOf(der8705(b))
			b.ReportAllocs()
			for b.Loop() {
				if err := binding.Confirm(r, "token", thumbprint); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
