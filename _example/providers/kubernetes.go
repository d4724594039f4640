package providers

import (
	"crypto/tls"
	"crypto/x509"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// A podTransport sends the pod's own token.
type podTransport struct {
	http.RoundTripper
	dir string
}

func (t podTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := os.ReadFile(t.dir + "/token") // Kubernetes replaces it every hour
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	return t.RoundTripper.RoundTrip(r)
}

func kubernetes(dir string, serve func(http.Handler)) {
	ca, err := os.ReadFile(dir + "/ca.crt")
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	cluster := http.DefaultTransport.(*http.Transport).Clone()
	cluster.TLSClientConfig = &tls.Config{RootCAs: roots}
	keys, err := jwks.Discover("https://kubernetes.default.svc.cluster.local", jwks.Options{
		Audience: []string{"orders"}, Client: &http.Client{Transport: podTransport{cluster, dir}},
		MetadataURL: "https://kubernetes.default.svc/.well-known/openid-configuration",
	})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Leeway: 10 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	serve(auth.Handler(api))
}
