// Cookie-login is a small site that puts a token of 60 seconds in a cookie, and shows its
// subject.
//
//	go run ./cookie-login             HS256, with a new secret each time
//	go run ./cookie-login -alg RS256  with the private key in jwt_key
//
// The file is one that ssh-keygen -t rsa -f jwt_key writes, without a passphrase. If the working
// directory does not have it, the program makes it and jwt_key.pub. ADDR is its address,
// 127.0.0.1:5000 if unset.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	alg := flag.String("alg", "HS256", "what signs the tokens: HS256 or RS256")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("what is %q? The one flag is -alg", flag.Arg(0))
	}
	addr := cmp.Or(os.Getenv("ADDR"), "127.0.0.1:5000")
	key, err := newKey(*alg, "jwt_key")
	if err != nil {
		log.Fatal(err)
	}
	handler, err := newHandler(*alg, key, time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("open http://%s/ in a browser: generate a token, validate it, and again after a minute\n", listener.Addr())
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.Serve(listener))
}
