package mtls_test

import (
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/jwthttp/jwthttp/mtls"
)

// The thumbprint of an example's certificate, as it is in the claim cnf of a token.
var exampleThumbprint = sha256.Sum256([]byte("an example's certificate"))

// A server asks its clients for their certificates.
func ExampleConnection() {
	binding := mtls.Connection()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, binding.Confirm(r, "the token", exampleThumbprint))
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	defer server.Close()
	fmt.Println(text(server.Client(), server.URL))
	// Output:
	// mtls: the client sent no certificate: have it send its own, and set ClientAuth of the server's tls.Config to tls.RequestClientCert or stricter
}

// Envoy ends TLS. A header that comes from elsewhere does not count.
func ExampleForwarded() {
	binding, err := mtls.Forwarded("X-Forwarded-Client-Cert", mtls.XFCC, "10.0.0.7")
	if err != nil {
		log.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-Forwarded-Client-Cert", fmt.Sprintf(`By=spiffe://example.com/api;Hash=%x;Subject="CN=client"`, exampleThumbprint))
	for _, address := range []string{"10.0.0.7:40000", "10.0.0.8:40000"} {
		r.RemoteAddr = address
		fmt.Println(binding.Confirm(r, "the token", exampleThumbprint))
	}
	// Output:
	// <nil>
	// mtls: the request comes from "10.0.0.8:40000", which is not a configured proxy: name it in mtls.Forwarded if it is yours
}

func text(client *http.Client, url string) string {
	resp, err := client.Get(url)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	var body [1000]byte
	n, _ := resp.Body.Read(body[:])
	return string(body[:n])
}
