package mtls_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/mtls"
)

var exampleSecret = []byte("an example's secret of 32 bytes.")

// exampleToken returns a token as an authorization server issues it to a client with that
// certificate.
func exampleToken(thumbprint [sha256.Size]byte) string {
	raw, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "alice", "exp": time.Now().Add(time.Minute).Unix(),
		"cnf": map[string]string{"x5t#S256": base64.RawURLEncoding.EncodeToString(thumbprint[:])},
	}).SignedString(exampleSecret)
	if err != nil {
		log.Fatal(err)
	}
	return raw
}

func hello(w http.ResponseWriter, r *http.Request) {
	claims, _ := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](r.Context())
	fmt.Fprintf(w, "Hello, %s!\n", claims.Subject)
}

// A stolen token is of no use without the client's certificate.
func ExampleConnection() {
	auth, err := jwthttp.New[jwt.RegisteredClaims](jwthttp.HS256(exampleSecret), jwthttp.Options{Bindings: []jwthttp.Binding{mtls.Connection()}})
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewUnstartedServer(auth.Handler(http.HandlerFunc(hello)))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	defer server.Close()

	certificate := server.TLS.Certificates[0] // a client has one of its own
	token := exampleToken(sha256.Sum256(certificate.Certificate[0]))
	thief, client := server.Client(), server.Client().Transport.(*http.Transport).Clone()
	client.TLSClientConfig.Certificates = []tls.Certificate{certificate}
	for _, c := range []*http.Client{thief, {Transport: client}} {
		r, _ := http.NewRequest("GET", server.URL, nil)
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := c.Do(r)
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
		fmt.Println(resp.Status)
	}
	// Output:
	// 401 Unauthorized
	// 200 OK
}

// Envoy ends TLS. A header that comes from elsewhere does not count.
func ExampleForwarded() {
	certificates, err := mtls.Forwarded("X-Forwarded-Client-Cert", mtls.XFCC, "10.0.0.7")
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[jwt.RegisteredClaims](jwthttp.HS256(exampleSecret), jwthttp.Options{Bindings: []jwthttp.Binding{certificates}})
	if err != nil {
		log.Fatal(err)
	}
	thumbprint := sha256.Sum256([]byte("the client's certificate"))
	for _, address := range []string{"10.0.0.7:40000", "10.0.0.8:40000"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = address
		r.Header.Set("Authorization", "Bearer "+exampleToken(thumbprint))
		r.Header.Set("X-Forwarded-Client-Cert", fmt.Sprintf(`By=spiffe://example.com/api;Hash=%x;Subject="CN=client"`, thumbprint))
		w := httptest.NewRecorder()
		auth.Handler(http.HandlerFunc(hello)).ServeHTTP(w, r)
		fmt.Println(w.Result().Status)
	}
	// Output:
	// 200 OK
	// 401 Unauthorized
}
